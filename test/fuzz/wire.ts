import type net from "node:net";
import { Duplex } from "node:stream";
import { turn } from "./guard";

/** The far end of a connection: writes pieces, and remembers the bytes that come back. */
export interface FarEnd {
    write(piece: Buffer): void;
    /** Resolves when the pieces have been taken. */
    drained(): Promise<void>;
    /** What has come back so far. */
    readonly answers: Buffer[];
    destroy(): void;
}

/** A socket without a system underneath: what is put into its far end arrives in the same turn. */
export class Wire extends Duplex {
    readonly answers: Buffer[] = [];
    readonly connecting = false;

    /** This, as the socket that a server or client takes it for. */
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
    socket.on("error", () => undefined); // being cut off is what it is for
    let told: () => void = () => undefined;
    for (const event of ["drain", "close"]) socket.on(event, () => told());
    return {
        write: (piece) => socket.write(piece),
        drained: () => (socket.writableNeedDrain ? new Promise((resolve) => (told = resolve)) : turn()),
        answers,
        destroy: () => socket.destroy(),
    };
}
