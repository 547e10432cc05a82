import { type InvalidMessage, type Message, message } from "../protocol/Message";

/**
 * Number that a peer has chosen as the id of a call or request in a line. It is no number here, because ids that are
 * numbers belong to frames of bytes, and a line is answered by a line.
 */
class LineId {
    readonly #number: number;

    constructor(number: number) {
        this.#number = number;
    }

    /** The id as the peer has sent it. */
    toJSON(): number {
        return this.#number;
    }

    toString(): string {
        return String(this.#number);
    }
}

/** Marks the id of a message of a line if it is a number. */
export function withLineId(decoded: Message | InvalidMessage): Message | InvalidMessage {
    if (decoded.kind !== "invalid") {
        const { kind, type, data, id } = decoded;
        return isNumber(id) ? message(kind, type, data, new LineId(id)) : decoded;
    }
    const { refused } = decoded;
    if (!refused || !isNumber(refused.id)) return decoded;
    return { ...decoded, refused: { ...refused, id: new LineId(refused.id) } };
}

/** The id 0 is none. */
function isNumber(id: unknown): id is number {
    return typeof id === "number" && id !== 0;
}
