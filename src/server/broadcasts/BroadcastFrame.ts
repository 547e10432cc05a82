import type { Frame } from "../../codec/Encoder";
import type { WireFormat } from "../../codec/Wire";
import type { Connection } from "../../connection/Connection";
import type { SockhopError } from "../../SockhopError";
import type { SharedMessage } from "./SharedMessage";

/** One message for several connections, encoded once for each of their formats. */
export class BroadcastFrame {
    /** JSON line. Empty if no recipient needs one, or none can be made. */
    readonly text: string;
    /** Frames of the other formats; `undefined` if all recipients get the line. */
    readonly bytes: ReadonlyMap<WireFormat, Buffer> | undefined;
    /** Errors of formats that cannot express the value. The key `undefined` stands for JSON lines. */
    readonly errors: ReadonlyMap<WireFormat | undefined, SockhopError> | undefined;

    /** @throws {@link SockhopError} as {@link Encoder}, if no recipient could get the message */
    constructor(connections: readonly Connection[], message: SharedMessage) {
        const formats = formatsOf(connections);
        if (!formats) {
            this.text = message.encode(undefined) as string;
            return;
        }
        const frames = new Map<WireFormat | undefined, Frame>();
        const errors = new Map<WireFormat | undefined, SockhopError>();
        for (const format of formats) {
            try {
                frames.set(format, message.encode(format));
            } catch (error) {
                if (errors.size + 1 === formats.size) throw error;
                errors.set(format, error as SockhopError);
            }
        }
        this.text = (frames.get(undefined) as string | undefined) ?? "";
        frames.delete(undefined);
        this.bytes = frames as Map<WireFormat, Buffer>;
        if (errors.size > 0) this.errors = errors;
    }

    /** Number of characters or bytes of the longest frame. */
    get length(): number {
        const { text, bytes } = this;
        return bytes ? Math.max(text.length, ...[...bytes.values()].map((frame) => frame.length)) : text.length;
    }

    /** Frame for a connection. */
    for({ wire }: Connection): Frame {
        return wire ? (this.bytes?.get(wire.format) as Buffer) : this.text;
    }
}

/** Formats of connections; `undefined` if all of them have JSON lines, which is quicker to find out. */
function formatsOf(connections: readonly Connection[]): Set<WireFormat | undefined> | undefined {
    if (connections.every(({ wire }) => wire === undefined)) return undefined;
    return new Set(connections.map(({ wire }) => wire?.format));
}
