import type { Socket } from "node:net";

/**
 * Pauses a socket on our own account, until the function is called that this returns.
 *
 * A program may pause the same socket, and Node does not tell the two apart. So its `pause()` and `resume()` only say, in the
 * meantime, whether it is to be paused afterwards.
 */
export function holdReading(socket: Socket): () => void {
    let paused = socket.isPaused();
    socket.pause();
    const hold = {
        pause(): Socket {
            paused = true;
            return socket;
        },
        resume(): Socket {
            paused = false;
            return socket;
        },
    };
    const own = {
        pause: Object.getOwnPropertyDescriptor(socket, "pause"),
        resume: Object.getOwnPropertyDescriptor(socket, "resume"),
    };
    Object.assign(socket, hold);
    return () => {
        for (const name of ["pause", "resume"] as const) {
            if (socket[name] !== hold[name]) continue; // the program's own, put there meanwhile
            if (own[name]) Object.defineProperty(socket, name, own[name]);
            else Reflect.deleteProperty(socket, name);
        }
        if (!paused) socket.resume();
    };
}
