import { assertEncodable } from "../../codec/errors";
import type { RemoteFailure, SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { uuidv4 } from "../../protocol/uuid";
import { cutStack } from "../../runtime/CallSite";
import { SockhopError } from "../../SockhopError";
import { handledRejection, markHandled } from "../../timers/promises";
import { toFailure, withoutData } from "./failure";

/** Error codes that the requester causes by leaving, or by not reading. They must not crash the process. */
const REQUESTER_ERRORS: ReadonlySet<string> = new Set(["ERR_SOCKET_DESTROYED", "ERR_BUFFER_FULL"]);

/** Sends a response to its requester. */
export interface Responder {
    /** Sends a packet. Throws if it cannot be sent. */
    transmit(packet: Partial<SockhopResponsePacket>): Promise<void>;
    /** Ends the response: it is complete, or aborted for this reason. */
    finished(reason?: Error): void;
    /** True if the requester understands error packets. */
    readonly errors: boolean;
}

/**
 * Response to a request of the peer: one value with `send()`, or any number of values with `write()`, then `end()`.
 *
 * The promises settle like that of `send()` of the client or server. Await `write()` for backpressure: a long response
 * then needs little memory. After `send()`, `end()` or `fail()` they reject with `ERR_RESPONSE_SEND`. After the
 * requester has canceled `write()` rejects with `ERR_RESPONSE_SEND`, and the others resolve and send nothing. After it
 * has disconnected all reject with `ERR_SOCKET_DESTROYED`. These two rejections need no handler. Use `signal` to detect
 * them.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol the response has any type
export class SockhopResponseWriteableStream<Answer = any> {
    readonly uuid: string;
    readonly #responder: Responder | undefined;
    /** True after the last packet, and while it is being encoded. */
    #ended = false;
    #isFinished = false;
    #isUntouched = true;
    /** Last error that the requester caused. */
    #requesterError: unknown;
    #abortReason: SockhopError | undefined;
    /** Created at the first use of `signal`. */
    #abortController: AbortController | undefined;

    constructor({ uuid, responder }: { uuid?: string | undefined; responder?: Responder | undefined } = {}) {
        this.uuid = uuid ?? uuidv4();
        this.#responder = responder;
    }

    static from_request({ uuid }: { uuid: string }, responder?: Responder): SockhopResponseWriteableStream {
        return new this(responder ? { uuid, responder } : { uuid });
    }

    /**
     * Signal that aborts when the requester cancels, when its timeout expires, or when the connection closes.
     * (Requesters before 1.9 send no cancel message: for them it aborts only when the connection closes.)
     */
    get signal(): AbortSignal {
        if (!this.#abortController) {
            this.#abortController = new AbortController();
            if (this.#abortReason) this.#abortController.abort(this.#abortReason);
        }
        return this.#abortController.signal;
    }

    /** Sends one value of the response. `undefined` is sent as `{}`. */
    write(value?: Answer): Promise<void> {
        return this.#send(value, false);
    }

    /** Sends the only or last value of the response. `undefined` is sent as `{}`. */
    send(value?: Answer): Promise<void> {
        return this.#send(value, true);
    }

    /** Ends the response without a further value. */
    end(): Promise<void> {
        return this.#send({}, true, { empty: true });
    }

    /**
     * Ends the response with an error: the stream of the requester ends with `ERR_REQUEST_FAILED` and the message of
     * this error (at most 4096 characters). `error.remote` of the requester has its `code`, a string or a number, and
     * its `data`, if the codec of the connection can express it. Requesters before 1.9 do not understand error packets,
     * and get nothing.
     *
     * @example await response.fail(Object.assign(new Error("No such user"), { code: "E_NO_USER", data: { id } }));
     */
    fail(error: Error): Promise<void> {
        return this.failWith(toFailure(error));
    }

    /** @internal */
    failWith(error: RemoteFailure): Promise<void> {
        return this.#send({}, true, { empty: true, error });
    }

    /**
     * True if nothing more can be sent.
     *
     * @internal
     */
    get ended(): boolean {
        return this.#ended;
    }

    /**
     * True if nothing has been sent yet.
     *
     * @internal
     */
    get isUntouched(): boolean {
        return this.#isUntouched;
    }

    /**
     * True if `signal` is aborted.
     *
     * @internal
     */
    get isAborted(): boolean {
        return this.#abortReason !== undefined;
    }

    /**
     * True if this is the last error that the requester caused. Distinguishes it from an error of another connection.
     *
     * @internal
     */
    isRequesterError(error: unknown): boolean {
        return this.#requesterError !== undefined && this.#requesterError === error;
    }

    /**
     * Ends the response without a packet: the requester canceled or disconnected.
     *
     * @internal
     */
    abort(reason: SockhopError): void {
        this.#abortReason ??= reason;
        this.#finish(reason);
        this.#abortController?.abort(this.#abortReason);
    }

    #send(data: unknown, last: boolean, more?: Pick<SockhopResponsePacket, "empty" | "error">): Promise<void> {
        const responder = this.#responder;
        this.#isUntouched = false;
        if (!responder || this.#ended) {
            const message = responder ? "The response has ended" : "The response has no requester";
            // A late response is no error of the responder, which awaits it, as for 1.x. But a loop of writes must end.
            if (last && this.#abortReason?.code === "ERR_RESPONSE_SEND") return Promise.resolve();
            // A requester that leaves must not crash the process.
            if (this.#abortReason) return handledRejection(this.#abortReason);
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
            this.#ended = last; // set first: `toJSON()` of the value must not send after the last packet
            const sent = responder.transmit(fields);
            if (last) this.#finish();
            return sent;
        } catch (error) {
            this.#ended = this.#isFinished;
            const { code } = error as SockhopError;
            const shorter = more?.error && shortened(more.error, code);
            if (shorter) return this.failWith(shorter);
            cutStack(error, this.#send);
            const rejected = Promise.reject(error);
            if (!REQUESTER_ERRORS.has(code)) return rejected;
            this.#requesterError = error;
            return markHandled(rejected);
        }
    }

    #finish(reason?: Error): void {
        if (this.#isFinished) return;
        this.#ended = this.#isFinished = true;
        this.#responder?.finished(reason);
    }
}

/** Failure that can be sent instead of one that could not, for this reason; `undefined` if there is none. */
function shortened(failure: RemoteFailure, reason: string): RemoteFailure | undefined {
    if (reason === "ERR_BAD_DATA") return withoutData(failure);
    if (reason !== "ERR_MESSAGE_TOO_LARGE") return undefined;
    // Without its largest part: the code is the most important one.
    const { code, message, remote } = failure;
    if (remote) return { code, message };
    return message ? { code, message: "" } : undefined;
}
