import type net from "node:net";
import { later } from "../support/pair";

/** Message of the peer, as its program would see it. */
export interface V2Message {
    /** Number of the layout of a frame; `"line"` for a JSON line. */
    form: number | "line";
    type: string;
    data: unknown;
    id?: string;
    callback_id?: string;
}

/** What a peer of sockhop 2.1.0 does otherwise than by default. */
export interface V2PeerOptions {
    /** `allow_binary_mode` of its program. */
    allowsBinary?: boolean;
    /** False to send no handshake by itself. */
    greets?: boolean;
    /** False to reply to no handshake. */
    replies?: boolean;
}

const OWN_ID = "11111111-2222-4333-8444-555555555555";

/**
 * A peer of sockhop 2.1.0 on a raw socket, written from the description of its bytes only. As the original, it loses
 * what arrives in one chunk behind a transition.
 */
export class V2Peer {
    readonly messages: V2Message[] = [];
    /** All lines that were received, the first first. */
    readonly lines: string[] = [];
    /** Number of bytes behind a transition, in its chunk. */
    lost = 0;
    /** True when the direction has changed to frames. */
    receivesFrames = false;
    sendsFrames = false;
    #bytes: Buffer = Buffer.alloc(0);
    #hasGreeting = false;
    #isAllowed = false;
    readonly #options: Required<V2PeerOptions>;

    constructor(
        readonly socket: net.Socket,
        options: V2PeerOptions = {},
    ) {
        this.#options = { allowsBinary: true, greets: true, replies: true, ...options };
        later(() => socket.destroy());
        socket.on("error", () => undefined);
        socket.on("data", (chunk: Buffer) => {
            this.#onData(chunk);
        });
        if (this.#options.greets) this.greet();
    }

    greet(): void {
        const data = {
            protocol_version: 2,
            library_version: "2.1.0",
            request_binary_mode: this.#options.allowsBinary,
        };
        this.line({ type: "SockhopHandshake", data, id: OWN_ID });
    }

    line(envelope: object): void {
        this.socket.write(JSON.stringify(envelope) + "\n");
    }

    /** Sends a value as its program would: as a line, or as a frame behind the transition. */
    send(type: string, data: unknown, ids: { id?: string; callback_id?: string } = {}): void {
        if (this.sendsFrames) {
            const layout = (ids.callback_id ? 12 : ids.id ? 11 : 10) + (Buffer.isBuffer(data) ? 3 : 0);
            this.socket.write(frame(layout, type, data, ids.callback_id ?? ids.id));
            return;
        }
        this.line({ type, data: Buffer.isBuffer(data) ? data.toString("base64") : data, ...ids });
    }

    /** Resolves when a condition holds. */
    async until(condition: () => boolean): Promise<void> {
        const end = Date.now() + 30_000;
        while (!condition()) {
            if (Date.now() > end) throw new Error(`not within 30 s: ${condition.toString()}`);
            await new Promise((resolve) => setTimeout(resolve, 2));
        }
    }

    /** Resolves to the next message of a type. */
    async message(type: string): Promise<V2Message> {
        const from = this.messages.length;
        let found = this.messages.find((message) => message.type === type);
        await this.until(() => {
            found ??= this.messages.slice(from).find((message) => message.type === type);
            return found !== undefined;
        });
        this.messages.splice(this.messages.indexOf(found!), 1);
        return found!;
    }

    #onData(chunk: Buffer): void {
        this.#bytes = Buffer.concat([this.#bytes, chunk]);
        for (;;) {
            if (this.receivesFrames) {
                if (this.#bytes.length < 5) return;
                const end = 5 + this.#bytes.readUInt32LE(0);
                if (this.#bytes.length < end) return;
                const bytes = this.#bytes.subarray(0, end);
                this.#bytes = this.#bytes.subarray(end);
                this.#onMessage(parse(bytes));
                continue;
            }
            const end = this.#bytes.indexOf("\n");
            if (end === -1) return;
            const line = this.#bytes.toString("utf8", 0, end);
            this.#bytes = this.#bytes.subarray(end + 1);
            this.lines.push(line);
            const { type, data, id, callback_id } = JSON.parse(line) as Omit<V2Message, "form">;
            if (type === "SockhopBinaryModeTransition") {
                this.receivesFrames = true;
                this.lost = this.#bytes.length;
                this.#bytes = Buffer.alloc(0);
                continue;
            }
            const value = type === "Buffer" && typeof data === "string" ? Buffer.from(data, "base64") : data;
            this.#onMessage({
                form: "line",
                type,
                data: value,
                ...(id === undefined ? {} : { id }),
                ...(callback_id === undefined ? {} : { callback_id }),
            });
        }
    }

    #onMessage(message: V2Message): void {
        const { type, data, id, callback_id } = message;
        const fields = data as Record<string, unknown>;
        if (type === "SockhopPing") {
            this.send("SockhopPong", { ...fields, _returned: new Date().toISOString() });
            return;
        }
        if (type === "SockhopPong") return;
        if (type === "SockhopHandshake") {
            this.#hasGreeting = true;
            const allow_binary_mode = fields["request_binary_mode"] === true && this.#options.allowsBinary;
            if (this.#options.replies) this.send("Object", { allow_binary_mode }, { callback_id: id! });
            this.#transit();
            return;
        }
        if (callback_id === OWN_ID) {
            this.#isAllowed = fields["allow_binary_mode"] === true;
            this.#transit();
            return;
        }
        this.messages.push(message);
    }

    #transit(): void {
        if (!this.#hasGreeting || !this.#isAllowed || this.sendsFrames) return;
        this.line({ type: "SockhopBinaryModeTransition", data: {} });
        this.sendsFrames = true;
    }
}

/** Bytes of a frame. */
export function frame(layout: number, type: string, data: unknown, id?: string): Buffer {
    const content = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
    const text = Buffer.from(type);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(content.length);
    const ids = id === undefined ? [] : [Buffer.concat([Buffer.from(id), Buffer.alloc(36)]).subarray(0, 36)];
    const payload = Buffer.concat([Buffer.of(text.length), text, size, content, ...ids]);
    const header = Buffer.alloc(5);
    header.writeUInt32LE(payload.length);
    header[4] = layout;
    return Buffer.concat([header, payload]);
}

function parse(bytes: Buffer): V2Message {
    const form = bytes[4]!;
    const start = 6 + bytes[5]!;
    const type = bytes.toString("utf8", 6, start);
    const end = start + 4 + bytes.readUInt32LE(start);
    const content = bytes.subarray(start + 4, end);
    const data: unknown = form > 12 ? Buffer.from(content) : JSON.parse(content.toString());
    if (form === 10 || form === 13) return { form, type, data };
    const id = bytes.toString("utf8", end, end + 36).replace(/\0.*/s, "");
    return form === 11 || form === 14 ? { form, type, data, id } : { form, type, data, callback_id: id };
}
