import { isCount } from "./Hello";
import { isObject } from "./Message";

/**
 * Data of a pong that a connection which can be resumed sends about itself (`docs/protocol.md`). No other connection sends it,
 * and it has no `_id`, so it belongs to no ping.
 */
export interface Receipt {
    /** Number of frames that the sender has received since both ends have agreed to resume. */
    readonly ack: number;
    /**
     * Number of further frames that the sender keeps for a program that does not read. They are not acknowledged: it may drop
     * them, and needs them again then.
     */
    readonly held?: number;
    /** True to ask for such a pong of the peer, at once. */
    readonly ask?: boolean;
    /** True if the sender closes the connection, which cannot be resumed any more. */
    readonly bye?: boolean;
    /** True if the sender does not resume, although the peer has agreed. */
    readonly off?: boolean;
}

/** Reads a {@link Receipt} from the data of a pong; `undefined` if it is another pong. */
export function parseReceipt(data: unknown): Receipt | undefined {
    if (!isObject(data) || !Object.hasOwn(data, "ack")) return undefined;
    const { ack, held, ask, bye, off } = data as Record<string, unknown>;
    // A count that is not valid is never what the sender of the frames expects: the connection is closed.
    const count = { ack: isCount(ack) ? ack : -1, held: isCount(held) ? held : 0 };
    return { ...count, ask: ask === true, bye: bye === true, off: off === true };
}
