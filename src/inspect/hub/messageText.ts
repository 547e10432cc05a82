import { jsonStart } from "../frames/jsonForm";
import type { TappedMessage } from "../frames/parseFrame";
import type { MessageRow } from "../protocol";

/** Characters of a value that the page shows, and of a type or an id. */
export const MAX_VALUE = 16 * 2 ** 10;
const MAX_NAME = 200;

/** Members of a row that the library makes. */
type Head = Pick<MessageRow, "n" | "time" | "connection" | "from" | "took" | "asked">;

/**
 * Makes the JSON of a message, with the beginning of its value: its length is limited, whatever the peer has sent. Never
 * throws.
 */
export function messageText(head: Head, message: TappedMessage): string {
    try {
        return textOf(head, message);
    } catch {
        // A getter of a class of the program has thrown, for instance.
        const { bytes, kind } = message;
        return JSON.stringify({ ...head, bytes, kind, text: "(cannot be shown)" } satisfies MessageRow);
    }
}

function textOf(head: Head, message: TappedMessage): string {
    const { bytes, kind, codec, incomplete, replayed, last, empty, cancel } = message;
    const cut: boolean[] = [];
    const start = (value: unknown, size: number): unknown => {
        const part = jsonStart(value, size);
        cut.push(part.isCut);
        return part.value;
    };
    const { type, data, id, text, error } = message;
    const row = {
        ...head,
        bytes,
        kind,
        codec,
        type: start(type, MAX_NAME),
        id: start(id, MAX_NAME),
        data: start(data, MAX_VALUE),
        text: start(text, MAX_VALUE),
        error: start(error, MAX_VALUE),
        incomplete,
        replayed,
        last,
        empty,
        cancel,
    };
    return JSON.stringify(cut.includes(true) ? { ...row, cut: true } : row);
}
