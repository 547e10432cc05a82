import type { Socket } from "node:net";

/**
 * Pauses a socket for the library.
 *
 * The program may pause the same socket, and Node does not distinguish the two. So `pause()` and `resume()` of the
 * socket only record the wish of the program until the pause of the library ends.
 *
 * @returns ends the pause, and then pauses or resumes the socket as the program last requested
 */
export function holdReading(socket: Socket): () => void {
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
