import type { Socket } from "node:net";
import { ownerOf } from "./socketHooks";

/** Sockets that are paused: number of pauses, and the function that ends them. */
const held = new WeakMap<Socket, { count: number; end: () => void }>();

/**
 * Stops the handling of received frames: pauses the socket, or lets its connection keep them. Pauses may overlap: reading
 * resumes when the last one ends.
 *
 * @returns ends the pause; further calls do nothing
 */
export function holdReading(socket: Socket): () => void {
    const hold = held.get(socket) ?? { count: 0, end: ownerOf(socket)?.holdFrames?.() ?? pause(socket) };
    held.set(socket, hold);
    hold.count += 1;
    let isOver = false;
    return () => {
        if (isOver) return;
        isOver = true;
        hold.count -= 1;
        if (hold.count > 0 || held.get(socket) !== hold) return;
        held.delete(socket);
        hold.end();
    };
}

/** True while the library does not read from the socket. */
export function isHeld(socket: Socket): boolean {
    return held.has(socket) && socket.isPaused();
}

/** Ends all pauses of a socket whose connection closes: a paused socket would not see the end of its peer. */
export function releaseReading(socket: Socket): void {
    const hold = held.get(socket);
    held.delete(socket);
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
