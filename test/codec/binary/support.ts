import { BinaryFormat } from "../../../src/codec/binary/BinaryFormat";
import type { BinaryWire } from "../../../src/codec/binary/BinaryWire";
import type { BinaryFormatOptions } from "../../../src/codec/binary/settings";
import type { Frame, Identified } from "../../../src/codec/Encoder";
import { JsonCodec } from "../../../src/codec/json/JsonCodec";
import type { InvalidMessage, Message } from "../../../src/protocol/Message";
import { uuidOf } from "../../../src/protocol/uuid";

export const CLIENT = "0123456789abcdef";
export const SERVER = "fedcba9876543210";

export const json = new JsonCodec({
    receiveTerminator: "\n",
    sendTerminator: "\n",
    allowNonObjects: false,
    maxSize: 2 ** 20,
    enveloped: true,
    classes: undefined,
});

export function format(options: Partial<BinaryFormatOptions> = {}): BinaryFormat {
    return new BinaryFormat({ maxSize: 2 ** 20, errorStacks: false, json, ...options });
}

/** Both ends of a connection. */
export function wires(options?: Partial<BinaryFormatOptions>): { client: BinaryWire; server: BinaryWire } {
    return {
        client: format(options).createWire({ own: CLIENT, peer: SERVER }),
        server: format(options).createWire({ own: SERVER, peer: CLIENT }),
    };
}

/** Adds an encoded message, and returns all bytes of the wire. */
export function commit(wire: BinaryWire, frame: Frame): void {
    if (typeof frame === "string") throw new Error("the message is a line");
    wire.commit(frame);
}

export function taken(wire: BinaryWire): Buffer {
    const bytes = Buffer.from(wire.take());
    wire.release(true);
    return bytes;
}

/** Splits bytes into frames. */
export function frames(bytes: Buffer): Buffer[] {
    const all: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
        const size = bytes.readUInt32LE(at + 2) + 6;
        all.push(bytes.subarray(at, at + size));
        at += size;
    }
    return all;
}

export function decoded(wire: BinaryWire, bytes: Buffer): (Message | InvalidMessage)[] {
    return frames(bytes).flatMap((frame) => wire.decodeFrame(frame));
}

/** Sends a value from one end to the other. Throws for an invalid message. */
export function sent(value: unknown, options?: Partial<BinaryFormatOptions>): unknown {
    const { client, server } = wires(options);
    commit(client, client.encodeMessage(value));
    const [message] = decoded(server, taken(client));
    if (message?.kind !== "message") throw new Error(message?.kind === "invalid" ? message.fault : "no message");
    return message.data;
}

/** Call or request without an id. */
export class Call implements Identified {
    id: string | number = "";
    uuid = "";

    assign(number: number, token: string): void {
        this.id = number;
        this.uuid = uuidOf(token, number);
    }
}

/** Builds a frame of bytes and a text of Latin-1. */
export function rawFrame(bytes: readonly number[], text = "", encoding = 0): Buffer {
    const content = Buffer.concat([Buffer.from(bytes), Buffer.from(text, "latin1")]);
    const header = Buffer.from([0xff, 1, 0, 0, 0, 0, encoding, 0, 0, 0, 0]);
    header.writeUInt32LE(content.length + 5, 2);
    header.writeUInt32LE(bytes.length, 7);
    return Buffer.concat([header, content]);
}
