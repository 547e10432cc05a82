import { SockhopError } from "../SockhopError";
import { typeName } from "../protocol/typeName";
import type { Connection, Question } from "./Connection";
import { FrameReader } from "./FrameReader";
import { Framing } from "./Framing";
import { ignorable, lost } from "./Outbox";
import { Reporter } from "./Reporter";
import { TypeEvent } from "./TypeEvent";
import { publishReceived } from "./diagnostics";
import { type Envelope, open, openValue } from "./envelope";
import { type Limits, limitsOf } from "./limits";
import type { SockhopOptions } from "./options";
import { parseEnvelope } from "./parseEnvelope";
import { surface } from "./tell";

/**
 * How a request begins that any web page can have its visitor's browser send to a server on the same machine, with messages
 * in the body. (Before any other request with a body browsers ask the server.)
 */
const POST = /^POST \S+ HTTP\/\d/;

/** For those who wait for the answer only. */
const SENT = Promise.resolve(undefined);

/** Answers the message it came with. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol any answer will do
export type Reply<Answer = any> = (value?: Answer) => void;

/**
 * The way of a message over a connection.
 *
 * Out: `_encode`, `_carry`. In: `_take`, `_received`, `_deliver`. The mixins extend the hook `_received`.
 */
export abstract class Messenger<E> extends Reporter<E> {
    /** @internal */
    readonly _limits: Limits;
    /** @internal */
    readonly _framing: Framing;
    readonly #reader: FrameReader;

    readonly #receiveType = new TypeEvent("receive");

    constructor(options: SockhopOptions) {
        super();
        this._limits = limitsOf(options);
        this._framing = new Framing(options);
        this.#reader = new FrameReader(this._framing);
    }

    /**
     * Sends a frame over a connection, if there is one.
     *
     * @param question - what goes with it, and waits for the answer
     * @internal
     */
    protected _carry(connection: Connection | undefined, frame: string, question?: Question): Promise<undefined> {
        if (!connection) {
            const error = lost();
            question?.fail(error);
            return Promise.reject(error);
        }
        const refusal = connection.refusal();
        if (refusal) {
            question?.fail(refusal);
            return ignorable(Promise.reject(refusal));
        }
        if (question) {
            const tooMany = connection.tooMany();
            if (tooMany) {
                question.fail(tooMany);
                return Promise.reject(tooMany);
            }
            question.attach(connection);
            if (!question.tracked) {
                connection.post(frame);
                return SENT;
            }
        }
        return connection.write(frame);
    }

    /**
     * Sends a message of the library itself. Nobody waits for it, and a peer that makes us send many and reads none
     * must not fill our memory: it does without.
     *
     * @internal
     */
    protected _volunteer(connection: Connection, type: string, data: unknown): void {
        if (connection.full) return;
        try {
            connection.post(this._framing.enclose(open(type, data)));
        } catch {
            // It repeats what the peer has sent, and that cannot be said in so many bytes.
        }
    }

    /**
     * The frame of a user's value.
     *
     * @param rest - further members of the envelope, as text that begins with a comma
     * @throws {@link SockhopError} `ERR_BAD_DATA`, `ERR_OBJECTBUFFER_BAD_OBJECT`, `ERR_MESSAGE_TOO_LARGE`
     * @internal
     */
    protected _encode(value: unknown, rest?: string): string {
        return this._framing.bare ? this._framing.encode(value) : this._framing.enclose(openValue(value, rest));
    }

    /**
     * A message has come in; the first mixin that knows it keeps it.
     *
     * @internal
     */
    protected _received(connection: Connection, envelope: Envelope): void {
        this._deliver(connection, envelope.data, envelope.type as string);
    }

    /**
     * Gives a value to the user.
     *
     * @internal
     */
    protected abstract _deliver(connection: Connection, value: unknown, type: string, callback?: Reply): void;

    /**
     * Whether to read no more from a peer that does not read what we send. One end of a connection at most may do so:
     * two that wait for each other to read would wait forever.
     *
     * @internal
     */
    protected readonly _patient: boolean = false;

    /**
     * Gives a value to those who listen to all, and to its type.
     *
     * @internal
     */
    protected _emitReceive(value: unknown, meta: { type: unknown }): void {
        this.emit("receive", value, meta);
        const event = this.#receiveType.name(meta.type);
        if (event !== undefined && this.listenerCount(event) > 0) this.emit(event, value, meta);
    }

    #pause(connection: Connection): void {
        if (this._limits.slowConsumer !== "wait") return;
        const { socket } = connection;
        socket.pause();
        connection.onceRoom(() => socket.resume());
    }

    /**
     * Ends a connection at once.
     *
     * @internal
     */
    protected abstract _cut(connection: Connection): void;

    /**
     * A connection cannot go on.
     *
     * @internal
     */
    protected _fault(connection: Connection, error: Error): void {
        connection.error = error;
        this._report(error, connection);
        this._cut(connection);
    }

    /**
     * Bytes have come in.
     *
     * @param length - how many of the chunk
     * @internal
     */
    protected _take(connection: Connection, chunk: Buffer, length = chunk.length): void {
        if (connection.state === "closed") return;
        connection.received += length;
        let frames: string[];
        try {
            frames = this.#reader.read(chunk, connection, length);
        } catch (error) {
            connection.socket.destroy(error as Error); // a frame that does not fit into memory
            return;
        }
        for (const frame of frames) {
            // A handler may have ended the connection. (The compiler does not see that it may have changed.)
            if ((connection.state as string) === "closed") return;
            try {
                this.#dispatch(connection, frame);
            } catch (error) {
                surface(error);
            }
        }
        if ((connection.state as string) === "closed") return;
        if (connection.error) this._fault(connection, connection.error);
        else if (this._patient && connection.full) this.#pause(connection);
    }

    /**
     * Reports a frame that is no message.
     *
     * @internal
     */
    protected _skip(fault: string, connection: Connection): void {
        const message = `Skipping corrupted data in buffer: ${fault}`;
        this._report(new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA"), connection);
    }

    #parse(frame: string): unknown {
        const envelope = this._framing.bare ? undefined : parseEnvelope(frame);
        return envelope ?? this._framing.decode(frame);
    }

    #dispatch(connection: Connection, frame: string): void {
        let value: unknown;
        try {
            value = this.#parse(frame);
        } catch (error) {
            if (POST.test(frame)) this._fault(connection, error as SockhopError);
            else this._report(error as SockhopError, connection);
            return;
        }
        publishReceived(connection, frame, value);
        if (this._framing.bare) {
            this._deliver(connection, value, typeName(value));
        } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
            this._received(connection, value);
        } else {
            this._skip("the frame is not an envelope", connection);
        }
    }
}
