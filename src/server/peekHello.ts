import type { Socket } from "node:net";
import type { ReadState } from "../codec/Codec";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import { type Hello, parseHello } from "../protocol/Hello";
import { Timer } from "../runtime/clock";

/** Bytes of a first message that has not ended, after which nothing is waited for. A greeting is shorter. */
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
        const isKnown = socket.readableLength === length && length > 0; // these bytes were put back
        // Returns more bytes than there are only after FIN: those that there are.
        const bytes = socket.read(isKnown ? length + 1 : undefined) as Buffer | null;
        if (bytes) socket.unshift(bytes); // at once: without bytes in its buffer, a socket could end
        if (isKnown && !bytes) return;
        if (isKnown || !bytes) {
            end(); // the peer has sent FIN
            return;
        }
        ({ length } = bytes);
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
    if (typeof frame !== "string") return undefined;
    const message = objectBuffer.decode(frame);
    return message.kind === "pong" ? parseHello(message.data) : undefined;
}
