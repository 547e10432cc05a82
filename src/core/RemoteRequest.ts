import type { SockhopError } from "../SockhopError";
import type { Connection, Question } from "./Connection";
import type { Deadlines } from "./Deadlines";
import { Patience, aborted } from "./Patience";
import { SockhopResponseReadableStream } from "./ResponseReadableStream";

/** A request that waits for its answer, which is a stream. */
export class RemoteRequest implements Question {
    readonly stream: SockhopResponseReadableStream;
    abandoned: Question["abandoned"];
    /** Resolves to the stream when the request has been sent; rejects when it fails before. */
    readonly sent: Promise<SockhopResponseReadableStream>;
    #resolve!: (stream: SockhopResponseReadableStream) => void;
    #reject!: (error: SockhopError) => void;
    readonly #uuid: string;
    #connection: Connection | undefined;
    #patience: Patience | undefined;

    /** @param cancel - called when the stream is ended at this end while the responder may be at work */
    constructor(uuid: string, cancel: (connection: Connection, uuid: string) => void) {
        this.#uuid = uuid;
        this.sent = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        this.stream = new SockhopResponseReadableStream({
            uuid,
            released: (finished) => {
                const connection = this.#connection;
                this.#patience?.end();
                connection?.requests?.delete(uuid);
                connection?.answered();
                if (connection && !finished && connection.state !== "closed") cancel(connection, uuid);
            },
        });
    }

    /**
     * Bounds the wait for the answer.
     *
     * @param timeout - milliseconds
     * @throws {@link SockhopError} `ERR_ABORTED`
     */
    limit(deadlines: Deadlines, timeout: number, signal: AbortSignal | undefined): void {
        if (signal?.aborted) throw aborted(signal);
        this.#patience = new Patience(deadlines, timeout, signal, (error) => {
            this.fail(error);
        });
    }

    attach(connection: Connection): void {
        this.#connection = connection;
        (connection.requests ??= new Map()).set(this.#uuid, this.stream);
    }

    /** The system has it. */
    begun(): void {
        this.#resolve(this.stream);
    }

    fail(error: SockhopError): void {
        this.#reject(error);
        this.stream.end(error);
        this.abandoned?.(error);
    }
}
