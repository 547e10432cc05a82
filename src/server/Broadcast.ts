import { markHandled } from "../timers/promises";
import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { Connection } from "../connection/Connection";
import { publishSent } from "../diagnostics/channels";
import { MAX_WRITE, type QueuedBatch } from "../connection/FrameWriter";
import { type TickTask, atEndOfTick } from "../timers/endOfTick";
import { Timer } from "../runtime/clock";

/** A client that does not read holds up those who broadcast for so many milliseconds, and no longer. */
const PATIENCE = 1000;

/** One connection that a broadcast has not reached. */
export interface Failure {
    socket: Socket;
    error: SockhopError;
}

/**
 * What is sent to the same connections in one turn: made bytes once, and written to each of them at the end of the turn,
 * or before something else is sent to one of them. (CPU of a server that sends 1 kB to 100 clients, ten at a time: less
 * than half of what it is when each connection has its own text.)
 */
export class Broadcast implements QueuedBatch, TickTask {
    nextTask: TickTask | undefined;
    /** Resolves as `sendall()` does; shared by all that is sent together. */
    readonly promise: Promise<undefined[]>;
    /** Until it is written: a server that sends nothing more must not keep those that have gone. */
    #connections: readonly Connection[];
    /** Those of them to which it is sent. */
    #addressees: readonly Connection[];
    readonly #count: number;
    #failures: Failure[] = [];
    #resolve!: (sent: undefined[]) => void;
    #reject!: (error: SockhopError) => void;
    /** How many frames it has. */
    frames = 1;
    #text: string;
    #written = false;
    /** Clients that have not taken what was sent before: they are not waited for, unless all are so. */
    readonly #behind = new Set<Socket>();
    /** How many connections are waited for. */
    #open = 0;
    /** It is enough that one of them has. */
    #impatient = false;
    #timer: Timer | undefined;
    #finished = false;

    /** Where too much waits already nothing is sent, whatever `slow_consumer` says, unless that is so for all. */
    constructor(connections: readonly Connection[], frame: string) {
        this.#text = frame;
        this.promise = markHandled(
            new Promise((resolve, reject) => {
                this.#resolve = resolve;
                this.#reject = reject;
            }),
        );
        this.#connections = connections;
        this.#count = connections.length;
        const allFull = connections.every(({ overLimit }) => overLimit);
        this.#addressees = connections.filter((connection) => this.#accepts(connection, allFull));
        for (const connection of this.#addressees) connection.beginBroadcast(this);
        atEndOfTick(this);
        publish(connections, frame);
    }

    /** Whether what is sent to these connections can still be added. */
    isFor(connections: readonly Connection[]): boolean {
        return (
            !this.#written &&
            connections.length === this.#connections.length &&
            connections.every((connection, index) => connection === this.#connections[index] && !connection.overLimit)
        );
    }

    /** Characters that wait. */
    get length(): number {
        return this.#text.length;
    }

    push(frame: string): void {
        const connections = this.#connections;
        this.frames += 1;
        this.#text += frame;
        if (this.#text.length >= MAX_WRITE) this.flush();
        publish(connections, frame);
    }

    endTick(): void {
        this.flush();
    }

    flush(): void {
        if (this.#written) return;
        this.#written = true;
        const bytes = Buffer.from(this.#text);
        this.#text = "";
        for (const { hasPendingWrites, socket } of this.#addressees) if (hasPendingWrites) this.#behind.add(socket);
        if (this.#behind.size === this.#addressees.length) this.#behind.clear();
        const waited = (this.#open = this.#addressees.length - this.#behind.size);
        if (waited === 0) this.#finish();
        for (const connection of this.#addressees) connection.writeBroadcast(bytes, this);
        this.#connections = this.#addressees = [];
        if (this.#count < 2 || this.#open === 0) return;
        this.#timer = new Timer(() => {
            this.#impatient = true;
            if (this.#open < waited) this.#finish();
        }, PATIENCE).unref();
    }

    settle(socket: Socket, error: SockhopError | undefined): void {
        if (this.#finished) return;
        if (error) this.#failures.push({ socket, error });
        if (this.#behind.has(socket)) return;
        this.#open -= 1;
        if (this.#open === 0 || this.#impatient) this.#finish();
    }

    #accepts(connection: Connection, allFull: boolean): boolean {
        const error = connection.overLimit && !allFull ? connection.bufferFullError() : connection.writeError();
        if (error) this.#failures.push({ socket: connection.socket, error });
        return !error;
    }

    #finish(): void {
        this.#timer?.clear();
        const count = this.#count;
        const failures = this.#failures;
        const [first] = failures;
        // The server keeps the last broadcast, which must not keep sockets that have gone.
        this.#finished = true;
        this.#failures = [];
        this.#behind.clear();
        if (!first) {
            this.#resolve(new Array<undefined>(count).fill(undefined));
            return;
        }
        const message = `${failures.length} of ${count} clients did not get this: ${first.error.message}`;
        const error = new SockhopError(message, first.error.code, { cause: first.error });
        this.#reject(Object.assign(error, { failures }));
    }
}

/** Tells those who watch messages. Last, since they may send, too. */
function publish(connections: readonly Connection[], frame: string): void {
    for (const connection of connections) publishSent(connection, frame, connection.endpoint._objectBuffer);
}
