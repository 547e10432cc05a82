import { uuidv4 } from "./uuid";

/** Keep-alive ping: the object on the wire, and the record of the sender. */
export class SockhopPing {
    /** UUID v4, which the pong repeats. */
    _id: unknown;
    /** Time at which the ping was created. */
    _created: unknown;
    /** Time at which the peer sent the pong, on the clock of the peer; `null` before the pong arrives. */
    _returned: unknown;
    /** Time at which the pong arrived; `null` before. */
    _finished: unknown;

    /** @param fields - members that replace the default values */
    constructor(fields: Partial<SockhopPing> = {}) {
        this._id = fields._id ?? uuidv4();
        this._created = fields._created ?? new Date();
        this._returned = fields._returned ?? null;
        this._finished = fields._finished ?? null;
    }

    /**
     * Tests if the pong is still pending.
     *
     * @returns true before the pong arrives
     */
    unanswered(): boolean {
        return this._finished === null;
    }

    /** Records the pong, if it has the id of this ping. */
    conclude_with_pong(pong: Partial<SockhopPong>): void {
        if (pong._id !== this._id) return;
        this._returned = pong._returned;
        this._finished = new Date();
    }
}

/** Reply to a {@link SockhopPing}, with its id and creation time, and the time of the reply. */
export class SockhopPong {
    _id: unknown;
    _created: unknown;
    _returned: unknown;
    _finished: unknown;

    /** @param fields - members of the ping; unknown members are not copied */
    constructor(fields: Partial<SockhopPing> = {}) {
        this._id = fields._id ?? null;
        this._created = fields._created ?? null;
        this._returned = fields._returned ?? new Date();
        this._finished = fields._finished ?? null;
    }

    get finished(): unknown {
        return this._finished;
    }
}
