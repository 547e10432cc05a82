// Programs that differ from `limit` in their bytes: length-prefixed frames, one for all messages of a tick, encoded by a
// library for binary data, or by V8. A frame is decoded in one call. They know their peer, as `limit` does.
//
// msgpackr and cbor-x send the keys of objects once for each connection ("sequential" records), their fastest form. A
// broadcast has one encoder for all clients, so clients must connect before the first one. Both use their native addons,
// which come as packages for each platform. (Version 2.2.3 of that of cbor-x lacks them on some registries: `npm ci`
// fails then, so package.json overrides it.)
"use strict";

const net = require("node:net");
const { once } = require("node:events");
const Calls = require("./frames/Calls.js");
const FrameReader = require("./frames/FrameReader.js");
const FrameWriter = require("./frames/FrameWriter.js");
const PackBatch = require("./frames/PackBatch.js");
const { V8Batch, unpack } = require("./frames/V8Batch.js");
const { MESSAGE, QUESTION, ANSWER } = require("./frames/kinds.js");

/** Shared read buffer of clients, as in limit.js. */
const READ_SIZE = 65_536;

/** Byte before an integer of 32 bits. */
const UINT32 = { msgpack: 0xce, cbor: 0x1a };

/**
 * @param codec - `batch()` and `unpack()` return the encoder and the decoder of one connection
 */
function frames({ name, title, packages, entries, codec }) {
    return {
        name,
        title,
        transport: "Unix socket",
        packages,
        byHand: true,
        entries,
        lacks: { ping: "has none", idle: "has the idle connections of limit" },

        async serve(place, pattern, { message, answer }) {
            const sockets = new Set();
            const handlers = {
                message,
                question: (value, id, writer) => writer.post(ANSWER, id, answer(value)),
            };
            // The frame of a tick is encoded once for all. Each socket keeps its bytes until they are written.
            const everybody = {
                writableLength: 0,
                write(part, written) {
                    const bytes = Buffer.from(part);
                    let left = sockets.size;
                    for (const socket of sockets) socket.write(bytes, () => --left === 0 && written?.());
                },
            };
            const broadcast = new FrameWriter(everybody, codec.batch(), FrameWriter.MOST);

            const server = net.createServer((socket) => {
                sockets.add(socket);
                const reader = new FrameReader(codec.unpack(), handlers, new FrameWriter(socket, codec.batch()));
                socket.on("data", (chunk) => reader.read(chunk));
            });
            server.listen(place.path);
            await once(server, "listening");
            return {
                connections: () => sockets.size,
                sendall: (value) => broadcast.write(MESSAGE, undefined, value),
            };
        },

        async connect(place, pattern, { message }) {
            const calls = new Calls();
            const answer = (value, id) => calls.take(id)(value);
            const reader = new FrameReader(codec.unpack(), { message, answer });
            const onread = {
                buffer: Buffer.allocUnsafeSlow(READ_SIZE),
                callback(length, buffer) {
                    reader.read(buffer.subarray(0, length));
                    return true;
                },
            };
            const socket = net.connect({ path: place.path, onread });
            await once(socket, "connect");
            const writer = new FrameWriter(socket, codec.batch());
            return {
                send: (value) => writer.write(MESSAGE, undefined, value),
                call: (value, callback) => writer.post(QUESTION, calls.add(callback), value),
            };
        },
    };
}

module.exports = [
    frames({
        name: "msgpackr",
        title: "msgpackr (by hand)",
        packages: ["msgpackr"],
        entries: ["msgpackr"],
        codec: {
            batch() {
                const packr = new (require("msgpackr").Packr)({ sequential: true });
                return new PackBatch((value) => packr.pack(value), UINT32.msgpack);
            },
            unpack() {
                const unpackr = new (require("msgpackr").Unpackr)({ structures: [] });
                return (bytes) => unpackr.unpackMultiple(bytes);
            },
        },
    }),
    frames({
        name: "cbor-x",
        title: "cbor-x (by hand)",
        packages: ["cbor-x"],
        entries: ["cbor-x"],
        codec: {
            batch() {
                const encoder = new (require("cbor-x").Encoder)({ sequential: true });
                return new PackBatch((value) => encoder.encode(value), UINT32.cbor);
            },
            unpack() {
                const decoder = new (require("cbor-x").Decoder)({ structures: [] });
                return (bytes) => decoder.decodeMultiple(bytes);
            },
        },
    }),
    frames({
        name: "v8",
        title: "v8 (by hand)",
        packages: [],
        entries: ["node:v8"],
        codec: { batch: () => new V8Batch(), unpack: () => unpack },
    }),
];
