import { withoutStack } from "../../errors";

/** Reason why the rest of a frame cannot be read. */
export class BadFrame extends Error {}

/** Creates a {@link BadFrame}. It has no stack: only its text is used, and a peer can cause many. */
export function badFrame(fault: string): BadFrame {
    return withoutStack(() => new BadFrame(fault));
}

/** Reason why a message is not valid, although its bytes are. The messages behind it can be read. */
export class BadValue {
    constructor(
        readonly fault: string,
        readonly cause?: unknown,
    ) {}
}
