import type { TappedMessage, TapKind } from "../frames/parseFrame";
import type { ProblemRow } from "../protocol";

/** Bytes of a bad frame that are kept. */
const MAX_HEX_BYTES = 256;

/** Texts of the kinds of bad frames. */
const BAD_FRAMES: Readonly<Partial<Record<TapKind, string>>> = {
    invalid: "a frame that is no message",
    incomplete: "a frame without an end",
    large: "a frame that is too large to be read",
    deep: "a frame that is nested too deeply to be read",
};

/** Describes a frame that could not be read, with its first bytes. `undefined` for a message. */
export function badFrame({
    kind,
    text,
    data,
    error,
    bytes,
}: TappedMessage): Pick<ProblemRow, "code" | "text" | "hex" | "bytes"> | undefined {
    const fault = BAD_FRAMES[kind];
    if (fault === undefined) return undefined;
    const start = typeof text === "string" ? Buffer.from(text.slice(0, MAX_HEX_BYTES)) : data;
    const hex = Buffer.isBuffer(start) ? start.toString("hex", 0, MAX_HEX_BYTES) : undefined;
    const reason = typeof error === "string" ? `: ${error}` : "";
    return { code: kind, text: `${fault}${reason}`, bytes, ...(hex !== undefined && { hex }) };
}
