import { uuidv4 } from "./uuid";

/** A question for a sign of life, as it travels and as it is remembered until it is answered. */
export class SockhopPing {
    /** UUID v4; the pong repeats it. */
    _id: unknown;
    /** When the ping was made. */
    _created: unknown;
    /** When the peer answered, by the peer's clock; `null` until then. */
    _returned: unknown;
    /** When the answer arrived; `null` until then. */
    _finished: unknown;

    /** @param fields - members to take over instead of new ones */
    constructor(fields: Partial<SockhopPing> = {}) {
        this._id = fields._id ?? uuidv4();
        this._created = fields._created ?? new Date();
        this._returned = fields._returned ?? null;
        this._finished = fields._finished ?? null;
    }

    /** Whether no pong has come yet. */
    unanswered(): boolean {
        return this._finished === null;
    }

    /** Marks the ping as answered, if `pong` has its id. */
    conclude_with_pong(pong: Partial<SockhopPong>): void {
        if (pong._id !== this._id) return;
        this._returned = pong._returned;
        this._finished = new Date();
    }
}

/** The answer to a {@link SockhopPing}: its id and time of creation, and the time of the answer. */
export class SockhopPong {
    _id: unknown;
    _created: unknown;
    _returned: unknown;
    _finished: unknown;

    /** @param fields - members of the ping that is answered; others are not copied */
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
