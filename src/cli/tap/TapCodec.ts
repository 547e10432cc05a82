import type { WireFormat } from "../../codec/Wire";
import { ObjectBuffer } from "../../index";
import type { Hello } from "../../protocol/Hello";
import type { InvalidMessage, Message } from "../../protocol/Message";
import { uuidOf } from "../../protocol/uuid";
import type { FrameCodec } from "./FrameSplitter";
import { contentOf, type TappedMessage } from "../../inspect/frames/parseFrame";
import type { Side } from "../../inspect/protocol";

export const OTHER_SIDE = { client: "server", server: "client" } as const;

/** Codec of a program: only the program can decode its bytes. */
const BYTES = { name: "bytes", encode: () => Buffer.alloc(0), decode: (bytes: Buffer) => bytes };

/** Formats of all connections. They are created at the first frame, by the library, whose decoder is not bundled twice. */
const formats = new Map<string, WireFormat>();

function formatOf(name: string): WireFormat {
    const codec = name === "binary" ? name : BYTES;
    const key = name === "binary" ? name : BYTES.name;
    const known = formats.get(key);
    if (known) return known;
    const format = new ObjectBuffer({ codec, max_message_size: Infinity }).format as WireFormat;
    formats.set(key, format);
    return format;
}

/**
 * Codec for bytes of one connection: the greetings of both ends, and the frames that follow.
 *
 * The bytes of a frame are what its sender likes. A frame is split off only if its receiver has greeted, since other peers
 * read lines, and decoded only if both ends have the codec.
 */
export class TapCodec {
    readonly #hellos: { client?: Hello; server?: Hello } = {};
    #name: string | undefined;
    /** Number of frames of each side that were sent before, over another socket, and are sent again. */
    readonly #replays = { client: 0, server: 0 };

    /** Returns the codec for the bytes of one side. */
    of(from: Side): FrameCodec {
        const isGreeted = (): boolean => this.#hellos[OTHER_SIDE[from]] !== undefined;
        return {
            get hasFrames() {
                return isGreeted();
            },
            greet: (hello) => {
                this.#greet(from, hello);
            },
            onFrame: (messages) => {
                if (this.#replays[from] <= 0) return;
                this.#replays[from] -= 1;
                for (const message of messages) message.replayed = true;
            },
            decode: (frame) => this.#decode(from, frame),
        };
    }

    /** Greetings have no effect once the ends have agreed. */
    #greet(from: Side, hello: Hello): void {
        this.#countReplays(from, hello);
        if (this.#name !== undefined) return;
        this.#hellos[from] = hello;
        const { client, server } = this.#hellos;
        this.#name = client?.codecs.find((name) => server?.codecs.includes(name));
    }

    /** The answer of a server that resumes has both counts: what one end has sent, and the other has not received. */
    #countReplays(from: Side, { resume }: Hello): void {
        const request = this.#hellos.client?.resume;
        if (from !== "server" || resume?.received === undefined || request?.received === undefined) return;
        this.#replays.client = (request.sent ?? 0) - resume.received;
        this.#replays.server = (resume.sent ?? 0) - request.received;
    }

    #decode(from: Side, frame: Buffer): TappedMessage[] {
        const { length: bytes } = frame;
        const codec = this.#name;
        if (codec === undefined) {
            return [{ bytes, kind: "invalid", error: "the frame is binary, and no codec was agreed on", data: frame }];
        }
        return formatOf(codec)
            .decodeShared(frame)
            .map((message) =>
                message.kind === "invalid"
                    ? { bytes, codec, kind: "invalid", error: message.fault, data: frame }
                    : { bytes: message.bytes, codec, ...contentOf(message), ...this.#idOf(from, message) },
            );
    }

    /** UUID of a call or request, as both ends have it: frames have a number, and the sender of the call a token. */
    #idOf(from: Side, { kind, id }: Exclude<Message, InvalidMessage>): { id?: string } {
        if (typeof id !== "number") return {};
        const caller = kind === "reply" || kind === "response" ? OTHER_SIDE[from] : from;
        return { id: uuidOf((this.#hellos[caller] as Hello).token, id) };
    }
}
