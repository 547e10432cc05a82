import type { Socket } from "node:net";
import { setImmediate } from "../runtime/clock";
import { ownerOf } from "./socketHooks";

/** Pauses of one socket: their number, and the function that ends them. */
interface Hold {
    count: number;
    end: () => void;
}

/** Sockets that are paused. */
const held = new WeakMap<Socket, Hold>();
/** Sockets whose last pause has ended, and that may have bytes from before its end. */
const unread = new WeakMap<Socket, Hold>();

/**
 * Stops the handling of received frames: pauses the socket, or lets its connection keep them. Pauses may overlap: reading
 * resumes when the last one ends.
 *
 * @returns ends the pause; further calls do nothing
 */
export function holdReading(socket: Socket): () => void {
    const hold = held.get(socket) ?? { count: 0, end: ownerOf(socket)?.holdFrames?.() ?? pause(socket) };
    held.set(socket, hold);
    unread.delete(socket);
    hold.count += 1;
    let isOver = false;
    return () => {
        if (isOver) return;
        isOver = true;
        hold.count -= 1;
        if (hold.count > 0 || held.get(socket) !== hold) return;
        held.delete(socket);
        unread.set(socket, hold);
        hold.end();
        void catchUp(socket, hold);
    };
}

/** Notifies the owner of a socket when everything is read that has arrived before the end of a pause. */
async function catchUp(socket: Socket, hold: Hold): Promise<void> {
    for (let bytes = -1; unread.get(socket) === hold && bytes !== socket.bytesRead;) {
        bytes = socket.bytesRead;
        await nextRead();
    }
    if (unread.get(socket) !== hold) return; // paused again
    unread.delete(socket);
    ownerOf(socket)?.onRead?.();
}

/** Resolves when sockets that flow from now on were read once. They are read between the two turns of the event loop. */
function nextRead(): Promise<void> {
    return new Promise((resolve) => {
        setImmediate(() => setImmediate(resolve));
    });
}

/** True if frames may have arrived that are not handled, because of a pause. */
export function isBehind(socket: Socket): boolean {
    return held.has(socket) || unread.has(socket);
}

/** True while the library does not read from the socket. */
export function isHeld(socket: Socket): boolean {
    return held.has(socket) && socket.isPaused();
}

/** Ends all pauses of a socket whose connection closes: a paused socket would not see the end of its peer. */
export function releaseReading(socket: Socket): void {
    const hold = held.get(socket);
    held.delete(socket);
    unread.delete(socket);
    hold?.end();
}

/**
 * Pauses a socket.
 *
 * The program may pause the same socket, and Node does not distinguish the two. So `pause()` and `resume()` of the
 * socket only record the wish of the program until the pause of the library ends.
 *
 * @returns ends the pause, and then pauses or resumes the socket as the program last requested
 */
export function pause(socket: Socket): () => void {
    let isPausedByProgram = socket.isPaused();
    socket.pause();
    const replacements = {
        pause(): Socket {
            isPausedByProgram = true;
            return socket;
        },
        resume(): Socket {
            isPausedByProgram = false;
            return socket;
        },
    };
    const originals = {
        pause: Object.getOwnPropertyDescriptor(socket, "pause"),
        resume: Object.getOwnPropertyDescriptor(socket, "resume"),
    };
    Object.assign(socket, replacements);
    return () => {
        for (const name of ["pause", "resume"] as const) {
            if (socket[name] !== replacements[name]) continue; // the program has replaced the method in the meantime
            if (originals[name]) Object.defineProperty(socket, name, originals[name]);
            else Reflect.deleteProperty(socket, name);
        }
        if (!isPausedByProgram) socket.resume();
    };
}
