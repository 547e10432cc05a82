import type { Socket } from "node:net";
import { detach } from "../runtime/detach";

/** Number of characters of a frame that an error shows. */
const MAX_EXCERPT = 40;

/** Characters that are invisible, or change the line or direction of the text after them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text for errors that shows who sent a frame, and the start of the frame in printable characters.
 *
 * @param frame - `undefined` for a frame of bytes
 */
export function frameOrigin(socket: Socket, frame: string | undefined): string {
    if (frame === undefined) return `${addressOf(socket)} sent a frame of bytes`;
    const excerpt = detach(frame.slice(0, MAX_EXCERPT)); // V8 keeps the last text that a pattern has matched
    const start = excerpt.replace(UNPRINTABLE, escape);
    return `${addressOf(socket)} sent ${start}${frame.length > MAX_EXCERPT ? "…" : ""}`;
}

/** Address of the peer. A Unix domain socket has none. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
    if (remoteAddress === undefined) return "the peer";
    return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

function escape(character: string): string {
    const code = character.codePointAt(0) as number;
    return ESCAPES[character] ?? (code <= 0xff ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
    return code.toString(16).padStart(digits, "0");
}
