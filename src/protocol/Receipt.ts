import { isCount } from "./Hello";
import { isObject } from "./Message";

/**
 * Data of a pong that a connection which can be resumed sends about itself (`docs/protocol.md`). No other connection sends it,
 * and it has no `_id`, so it belongs to no ping.
 */
export interface Receipt {
    /** Number of frames that the sender has received since both ends have agreed to resume. */
    readonly ack: number;
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
    const { ack, ask, bye, off } = data as Record<string, unknown>;
    // A count that is not valid is never what the sender of the frames expects: the connection is closed.
    return { ack: isCount(ack) ? ack : -1, ask: ask === true, bye: bye === true, off: off === true };
}
