import type { Socket } from "node:net";
import type { ReadState } from "../codec/Codec";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import { type Hello, parseHello } from "../protocol/Hello";
import { Timer } from "../runtime/clock";

/** Maximum size of a greeting in bytes. */
const MAX_HELLO_SIZE = 4096;

/**
 * Reads the greeting at the start of a connection, before its session starts. All bytes stay in the buffer of the
 * socket.
 *
 * @param timeout - milliseconds
 * @param done - called once, with `undefined` if the first message is no greeting, or none arrives in time
 */
export function peekHello(
    socket: Socket,
    objectBuffer: ObjectBuffer,
    timeout: number,
    done: (hello: Hello | undefined) => void,
): void {
    let length = 0;
    const end = (hello?: Hello): void => {
        timer.clear();
        socket.off("readable", onReadable).off("close", onClose);
        done(hello);
    };
    const onClose = (): void => {
        end();
    };
    const onReadable = (): void => {
        if (socket.readableLength === length && length > 0) return; // the bytes that were put back
        const bytes = socket.read() as Buffer | null;
        if (!bytes) {
            end(); // the peer has sent FIN
            return;
        }
        ({ length } = bytes);
        socket.unshift(bytes); // at once: without bytes in its buffer, a socket could end
        const frame = firstFrame(bytes, objectBuffer);
        if (frame !== undefined) end(helloOf(frame, objectBuffer));
        else if (length > MAX_HELLO_SIZE) end();
    };
    const timer = new Timer(end, timeout);
    socket.on("readable", onReadable).on("close", onClose);
}

function firstFrame(bytes: Buffer, objectBuffer: ObjectBuffer): string | Buffer | undefined {
    const state: ReadState = { framesReceived: 0, partialFrame: undefined, onUnreadable: () => undefined };
    return objectBuffer.read(bytes, state)[0];
}

function helloOf(frame: string | Buffer, objectBuffer: ObjectBuffer): Hello | undefined {
    if (typeof frame !== "string" || frame.length > MAX_HELLO_SIZE) return undefined;
    const message = objectBuffer.decode(frame);
    return message.kind === "pong" ? parseHello(message.data) : undefined;
}
