/** Reason why the rest of a frame cannot be read. It has no stack: only its text is used. */
export class BadFrame {
    constructor(readonly fault: string) {}
}

/** Reason why a message is not valid, although its bytes are. The messages behind it can be read. */
export class BadValue {
    constructor(
        readonly fault: string,
        readonly cause?: unknown,
    ) {}
}
