import type { Socket } from "node:net";
import type { ReadState } from "../codec/Encoder";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import { PONG } from "../protocol/Envelope";
import { type Hello, parseHello } from "../protocol/Hello";
import { Timer } from "../runtime/clock";

/** Bytes of a first message that has not ended, after which nothing is waited for. A greeting is shorter. */
const MAX_HELLO_SIZE = 4096;

/** Text that a greeting of this library begins with. */
const HELLO_START = `{"type":"${PONG}","data":{"_id":"sockhop"`;

/**
 * Reads the greeting at the start of a connection, before its session starts. All bytes stay in the buffer of the
 * socket.
 *
 * @param timeout - milliseconds
 * @param done - called once, with `undefined` if the first message is no greeting, or none arrives in time; `isCut` is true
 * if the stream has ended in a greeting
 */
export function peekHello(
    socket: Socket,
    objectBuffer: ObjectBuffer,
    timeout: number,
    done: (hello: Hello | undefined, isCut: boolean) => void,
): void {
    let length = 0;
    /** Beginning of a first message that has not ended. */
    let start = "";
    const end = (hello?: Hello, isCut = false): void => {
        timer.clear();
        socket.off("readable", onReadable).off("close", onClose);
        done(hello, isCut);
    };
    const onClose = (): void => {
        end(undefined, isStartOfHello(start));
    };
    const onReadable = (): void => {
        const isKnown = socket.readableLength === length && length > 0; // these bytes were put back
        // Returns more bytes than there are only after FIN: those that there are.
        const bytes = socket.read(isKnown ? length + 1 : undefined) as Buffer | null;
        if (bytes) socket.unshift(bytes); // at once: without bytes in its buffer, a socket could end
        if (isKnown && !bytes) return;
        if (isKnown || !bytes) {
            onClose(); // the peer has sent FIN
            return;
        }
        ({ length } = bytes);
        const frame = firstFrame(bytes, objectBuffer);
        start = bytes.toString("latin1", 0, HELLO_START.length);
        if (frame !== undefined) end(helloOf(frame, objectBuffer));
        else if (length > MAX_HELLO_SIZE) end();
    };
    const timer = new Timer(() => {
        end();
    }, timeout);
    socket.on("readable", onReadable).on("close", onClose);
}

/** True for a text, not empty, that a greeting begins with, or that begins as a greeting does. */
function isStartOfHello(text: string): boolean {
    return text !== "" && HELLO_START.startsWith(text);
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
