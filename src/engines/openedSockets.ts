import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Sockets that a task has opened. */
export interface OpenedSockets<T> {
    result: Promise<T>;
    /** Destroys those that are still open. */
    destroy(): void;
}

/** Number of tasks that run now. */
let running = 0;

const storage = new AsyncLocalStorage<Set<Socket>>();

/** Adds a socket to the set of the task that opens it. */
function onSocket(message: unknown): void {
    storage.getStore()?.add((message as { socket: Socket }).socket);
}

/**
 * Runs a task, and finds the sockets that it opens by `net.connect()`. nats.js 3.4 forgets the socket of an attempt that
 * has run out of time, which then keeps the process alive, and so does each further attempt.
 *
 * Node publishes each new socket on a channel; the context of asynchronous calls says whose it is. Promises are slower
 * while a context is in use, so it ends with the task.
 */
export function openedSockets<T>(task: () => Promise<T>): OpenedSockets<T> {
    const sockets = new Set<Socket>();
    if (running++ === 0) subscribe("net.client.socket", onSocket);
    const result = storage
        .run(sockets, async () => task())
        .finally(() => {
            running -= 1;
            if (running > 0) return;
            unsubscribe("net.client.socket", onSocket);
            storage.disable();
        });
    return {
        result,
        destroy: () => {
            for (const socket of sockets) socket.destroy();
            sockets.clear();
        },
    };
}
