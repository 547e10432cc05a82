import { messageOf } from "../runtime/thrownValues";
import { markHandled } from "../timers/promises";
import { SockhopError } from "../SockhopError";
import type { RemoteFailure, SockhopResponsePacket } from "../protocol/SockhopRequest";
import { uuidv4 } from "../protocol/uuid";
import { assertEncodable } from "../codec/errors";

/** How sending fails when the requester has gone, or does not read: that must not end the program. */
const PEERS_DOING: ReadonlySet<string> = new Set(["ERR_SOCKET_DESTROYED", "ERR_BUFFER_FULL"]);

/** How a response gets to the one who has asked. */
export interface Responder {
    /** Sends a packet. Throws when it cannot be sent. */
    transmit(packet: Partial<SockhopResponsePacket>): Promise<void>;
    /** The response is complete, or, with a reason, not wanted any more. */
    finished(reason?: Error): void;
    /** The one who has asked can read an answer that is an error. */
    readonly errors: boolean;
}

/**
 * How the handler of a `request` answers: with one value (`send()`), or with any number of them (`write()`, then
 * `end()`).
 *
 * The promises settle as that of the client's or server's `send()`; awaiting `write()` paces, so that a long answer
 * needs little memory. After `send()`, `end()` or `fail()` they reject with `ERR_RESPONSE_SEND`; when the requester has
 * gone, with `ERR_RESPONSE_SEND` (it has given up) or `ERR_SOCKET_DESTROYED` (its connection has ended). These two harm
 * no program that does not look at the promise: that is what `signal` tells.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol any answer will do
export class SockhopResponseWriteableStream<Answer = any> {
    readonly uuid: string;
    readonly #responder: Responder | undefined;
    /** Nothing more can be sent; or the last part is being sent. */
    #ended = false;
    #finished = false;
    /** The last error of the connection, to tell it from those of others. */
    #refusal: unknown;
    /** Why the answer is not wanted any more. */
    #reason: SockhopError | undefined;
    /** There once somebody has asked for the signal. */
    #gone: AbortController | undefined;

    constructor({ uuid, responder }: { uuid?: string; responder?: Responder } = {}) {
        this.uuid = uuid ?? uuidv4();
        this.#responder = responder;
    }

    static from_request({ uuid }: { uuid: string }, responder?: Responder): SockhopResponseWriteableStream {
        return new this(responder ? { uuid, responder } : { uuid });
    }

    /**
     * Aborted when the answer is not wanted any more: the requester has given up, its time limit has passed, or the
     * connection has ended. (Requesters before 1.9 tell only the last.)
     */
    get signal(): AbortSignal {
        if (!this.#gone) {
            this.#gone = new AbortController();
            if (this.#reason) this.#gone.abort(this.#reason);
        }
        return this.#gone.signal;
    }

    /** Sends a part of the answer. `undefined` is sent as `{}`. */
    write(value?: Answer): Promise<void> {
        return this.#send(value, false);
    }

    /** Sends the answer, or the last part of it. `undefined` is sent as `{}`. */
    send(value?: Answer): Promise<void> {
        return this.#send(value, true);
    }

    /** Ends the answer. */
    end(): Promise<void> {
        return this.#send({}, true, { empty: true });
    }

    /**
     * Answers that the request has failed: the stream of the requester ends with `ERR_REQUEST_FAILED` and this error's
     * message, of which at most 4096 characters are sent. Requesters before 1.9 cannot read that; nothing is sent to them.
     */
    fail(error: Error): Promise<void> {
        return this.failWith({ code: "ERR_REQUEST_FAILED", message: messageOf(error) });
    }

    /** @internal */
    failWith(error: RemoteFailure): Promise<void> {
        return this.#send({}, true, { empty: true, error });
    }

    /**
     * Nothing more can be sent.
     *
     * @internal
     */
    get ended(): boolean {
        return this.#ended;
    }

    /**
     * Whether `signal` is aborted.
     *
     * @internal
     */
    get abandoned(): boolean {
        return this.#reason !== undefined;
    }

    /**
     * Whether this is the error by which the connection has refused to send more.
     *
     * @internal
     */
    hasRefused(error: unknown): boolean {
        return this.#refusal !== undefined && this.#refusal === error;
    }

    /**
     * The requester does not want the answer any more.
     *
     * @internal
     */
    abandon(reason: SockhopError): void {
        this.#reason ??= reason;
        this.#finish(reason);
        this.#gone?.abort(this.#reason);
    }

    #send(data: unknown, last: boolean, more?: Pick<SockhopResponsePacket, "empty" | "error">): Promise<void> {
        const responder = this.#responder;
        if (!responder || this.#ended) {
            const message = responder ? "The response has ended" : "The response has nobody to go to";
            if (this.#reason) return markHandled(Promise.reject(this.#reason)); // a requester that leaves must not end the program
            return Promise.reject(new SockhopError(message, "ERR_RESPONSE_SEND"));
        }
        if (more?.error && !responder.errors) {
            this.#finish();
            return Promise.resolve();
        }
        try {
            assertEncodable(data);
            const { uuid } = this;
            const fields = more ? { uuid, data, last, ...more } : { uuid, data, last };
            this.#ended = last; // for the `toJSON()` of the value
            const sent = responder.transmit(fields);
            if (last) this.#finish();
            return sent;
        } catch (error) {
            this.#ended = this.#finished;
            const { code } = error as SockhopError;
            if (more?.error?.message && code === "ERR_MESSAGE_TOO_LARGE") {
                return this.failWith({ ...more.error, message: "" }); // that it has failed is what counts
            }
            const refused = Promise.reject(error);
            if (!PEERS_DOING.has(code)) return refused;
            this.#refusal = error;
            return markHandled(refused);
        }
    }

    #finish(reason?: Error): void {
        if (this.#finished) return;
        this.#ended = this.#finished = true;
        this.#responder?.finished(reason);
    }
}
