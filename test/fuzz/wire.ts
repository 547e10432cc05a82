import type net from "node:net";
import { Duplex } from "node:stream";
import { turn } from "./guard";

/** The far end of a connection: writes chunks, and stores the received bytes. */
export interface FarEnd {
    write(piece: Buffer): void;
    /** Resolves when the chunks have been accepted. */
    drained(): Promise<void>;
    /** The bytes received so far. */
    readonly answers: Buffer[];
    destroy(): void;
}

/** A socket without a system below it: written data of its far end arrives in the same tick. */
export class Wire extends Duplex {
    readonly answers: Buffer[] = [];
    readonly connecting = false;

    /** The same object, with the type that a server or client expects. */
    get socket(): net.Socket {
        return this as unknown as net.Socket;
    }

    /** The far end. */
    get far(): FarEnd {
        return {
            write: (piece) => this.push(piece),
            drained: turn,
            answers: this.answers,
            destroy: () => this.destroy(),
        };
    }

    setNoDelay(): this {
        return this;
    }

    override _read(): void {
        // the far end pushes
    }

    override _write(chunk: Buffer, _: string, done: () => void): void {
        this.answers.push(chunk);
        done();
    }
}

/** The far end of a real socket. */
export function far(socket: net.Socket): FarEnd {
    const answers: Buffer[] = [];
    socket.setNoDelay();
    socket.on("data", (bytes: Buffer) => answers.push(bytes));
    socket.on("error", () => undefined); // tests destroy the connection
    let told: () => void = () => undefined;
    for (const event of ["drain", "close"]) socket.on(event, () => told());
    return {
        write: (piece) => socket.write(piece),
        drained: () => (socket.writableNeedDrain ? new Promise((resolve) => (told = resolve)) : turn()),
        answers,
        destroy: () => socket.destroy(),
    };
}
