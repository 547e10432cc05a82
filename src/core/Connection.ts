import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { SockhopSession } from "../SockhopSession";
import type { SockhopPing } from "../protocol/SockhopPing";
import type { ObjectBuffer } from "./ObjectBuffer";
import type { SockhopResponseReadableStream } from "./ResponseReadableStream";
import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";
import type { TimedMap } from "./TimedMap";

/** How long data that was sent may take to reach the system once a connection is being closed, in milliseconds. */
const FLUSH_LIMIT = 5000;

/** How long we then wait for the peer to close its side, in milliseconds. Cutting sooner could cost it our last data. */
const LINGER_LIMIT = 500;

/**
 * After so many writes in a row a promise is resolved in a turn of its own. The system takes small writes at once, so a
 * loop that awaits each of them would never leave its turn: no timer would fire and no ping be answered until it ended.
 */
const WRITES_PER_TURN = 1000;

/** What is called with the answer to a message. */
export type RemoteCallback = (value: unknown, meta: { type: string }) => void;

/** All that is remembered about one socket. It goes when the connection goes, and what it holds goes with it. */
export class Connection {
    /** `open` between the `connect` and the `disconnect` event; `closed` for good as soon as the end is known. */
    state: "pending" | "open" | "closed" = "pending";
    /** When it was opened, on the clock of `performance.now()`. */
    openedAt = NaN;
    /** What the socket failed with, if it did. */
    error: Error | undefined;
    /** The newest pings. */
    pings: SockhopPing[] = [];
    /** Callbacks that wait for an answer, by the id of their question. */
    callbacks: Map<unknown, RemoteCallback> | undefined;
    /** Answers that we wait for, by the uuid of their request. */
    requests: TimedMap<string, SockhopResponseReadableStream> | undefined;
    /** Answers that the peer waits for. */
    responses: Set<SockhopResponseWriteableStream> | undefined;
    /** On a server: what the user keeps here. */
    session: SockhopSession | undefined;
    /** On a server: whether `start()` of the session has resolved, so that the connection counts. */
    listed = false;
    /** On a server: settles when `end()` of the session has; there once it was called. */
    sessionEnded: Promise<unknown> | undefined;
    #ended: Promise<undefined> | undefined;
    #writes = 0;

    constructor(
        readonly socket: Socket,
        /** Puts together what this socket receives. */
        readonly buffer: ObjectBuffer,
    ) {}

    /**
     * Hands bytes to the socket. Resolves when the system has them; rejects with `ERR_SOCKET_DESTROYED` when it will
     * not get them. The rejection harms no program that does not look at the promise, since who wrote could not know
     * that the connection was about to break: `disconnect` tells.
     */
    write(bytes: Buffer): Promise<undefined> {
        const { socket } = this;
        if (!socket.writable) return ignorable(Promise.reject(lost()));
        let handedOver = false;
        this.#writes += 1;
        const lastOfTurn = this.#writes % WRITES_PER_TURN === 0;
        const written = new Promise<undefined>((resolve, reject) => {
            socket.write(bytes, (error) => {
                // The write that was under way when a socket was destroyed is called back without an error (Node 20).
                if (!error && (handedOver || !socket.destroyed)) {
                    if (lastOfTurn) setImmediate(resolve, undefined);
                    else resolve(undefined);
                } else {
                    void ignorable(written);
                    reject(lost(error));
                }
            });
        });
        handedOver = socket.writableLength === 0 && !socket.errored;
        return written;
    }

    /**
     * Closes the socket in good order: what was sent goes out, the peer is told and closes too. Bounded in time.
     * Resolves when all has been handed to the system, or is lost.
     */
    end(): Promise<undefined> {
        return (this.#ended ??= new Promise((resolve) => {
            const { socket } = this;
            if (socket.connecting) socket.destroy();
            if (socket.destroyed) {
                resolve(undefined);
                return;
            }
            let limit = setTimeout(() => socket.destroy(), FLUSH_LIMIT);
            const flushed = (): void => {
                clearTimeout(limit);
                limit = setTimeout(() => socket.destroy(), LINGER_LIMIT);
                resolve(undefined);
            };
            if (socket.writableFinished) flushed();
            else socket.once("finish", flushed);
            socket.once("close", () => {
                clearTimeout(limit);
                resolve(undefined);
            });
            socket.end();
            socket.resume(); // or the peer's end would not be seen behind what it has sent
        }));
    }
}

/** The same promise, whose rejection nobody has to look at. */
export function ignorable<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => undefined);
    return promise;
}

/** The error of a message that cannot be delivered because its connection is gone. */
export function lost(cause?: unknown): SockhopError {
    const options = cause === undefined ? undefined : { cause };
    return new SockhopError("There is no connection to send this over", "ERR_SOCKET_DESTROYED", options);
}
