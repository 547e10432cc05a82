import type { Reply } from "../replies/PendingReply";
import type { PendingReply } from "../replies/PendingReply";
import { markHandled } from "../timers/promises";
import { type SockhopError, notConnectedError } from "../SockhopError";
import { typeName } from "../protocol/typeName";
import type { Connection } from "../connection/Connection";
import { FrameReader, skipByteOrderMark } from "../codec/json/FrameReader";
import { JsonCodec } from "../codec/json/JsonCodec";
import { Reporter } from "./ErrorReporter";
import { TypeEventName } from "../emitter/TypeEventName";
import { publishReceived } from "../diagnostics/channels";
import { badFrame } from "../codec/badFrame";
import { type Envelope, controlText, valueText, toEnvelope } from "../codec/json/writeEnvelope";
import { holdReading } from "../connection/holdReading";
import { isHttpPost } from "./isHttpPost";
import { isJson, lastLine } from "../codec/json/lastLine";
import { type Limits, limitsOf } from "../connection/limits";
import type { SockhopOptions } from "./options";
import { parseEnvelope } from "../codec/json/parseEnvelope";
import { throwLater } from "../emitter/emitSafely";

/** A connection that has sent this many bad frames, and no message between them, is closed. */
const MAX_BAD_FRAMES = 1000;

/** For those who wait for the answer only. */
const SENT = Promise.resolve(undefined);

/**
 * The way of a message over a connection.
 *
 * Out: `_encode`, `_carry`. In: `_onData`, `_onMessage`, `_deliver`. The mixins extend the hook `_onMessage`.
 */
export abstract class Messenger<E> extends Reporter<E> {
    /** @internal */
    readonly _limits: Limits;
    /** @internal */
    readonly _framing: JsonCodec;
    readonly #reader: FrameReader;

    readonly #receiveType = new TypeEventName("receive");

    constructor(options: SockhopOptions) {
        super();
        this._limits = limitsOf(options);
        this._framing = new JsonCodec(options);
        this.#reader = new FrameReader(this._framing);
    }

    /**
     * Sends a frame over a connection, if there is one.
     *
     * @param question - what goes with it, and waits for the answer
     * @internal
     */
    protected _carry(connection: Connection | undefined, frame: string, question?: PendingReply): Promise<undefined> {
        if (!connection) {
            const error = notConnectedError();
            question?.fail(error);
            return Promise.reject(error);
        }
        const refusal = connection.writeError();
        if (refusal) {
            question?.fail(refusal);
            return markHandled(Promise.reject(refusal));
        }
        if (question) {
            const tooMany = connection.maxPendingError();
            if (tooMany) {
                question.fail(tooMany);
                return Promise.reject(tooMany);
            }
            question.attach(connection);
            if (!question.awaitsWrite) {
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
    protected _sendControl(connection: Connection, type: string, data: unknown): void {
        if (connection.overLimit) return;
        try {
            connection.post(
                this._framing.bare ? this._framing.encode(data) : this._framing.encodeEnvelope(controlText(type, data)),
            );
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
        return this._framing.bare ? this._framing.encode(value) : this._framing.encodeEnvelope(valueText(value, rest));
    }

    /**
     * A message has come in; the first mixin that knows it keeps it.
     *
     * @internal
     */
    protected _onMessage(connection: Connection, envelope: Envelope): void {
        this._deliver(connection, envelope.data, envelope.type);
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
    protected readonly _pausesReading: boolean = false;

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

    /**
     * Ends a connection at once.
     *
     * @internal
     */
    protected abstract _destroyNow(connection: Connection): void;

    /**
     * A connection cannot go on.
     *
     * @internal
     */
    protected _fault(connection: Connection, error: Error): void {
        if (connection.state === "closed") return;
        connection.error = error;
        try {
            this._report(error, connection);
        } finally {
            this._destroyNow(connection);
        }
    }

    /**
     * Bytes have come in.
     *
     * @param length - how many of the chunk
     * @internal
     */
    protected _onData(connection: Connection, chunk: Buffer, length = chunk.length): void {
        if (connection.state === "closed") return;
        connection.bytesReceived += length;
        let frames: string[];
        try {
            frames = this.#reader.read(chunk, connection, length);
        } catch (error) {
            connection.socket.destroy(error as Error); // a frame that does not fit into memory
            return;
        }
        const isStart = connection.framesReceived === frames.length;
        if (isStart && frames[0] !== undefined && isHttpPost(frames[0])) {
            this._fault(connection, badFrame("this is an HTTP request of a web browser"));
            return;
        }
        this.#dispatchAll(connection, frames);
    }

    /**
     * The peer says nothing more.
     *
     * A JSON text needs no end: in json mode the last line counts also without one.
     *
     * @internal
     */
    protected _finish(connection: Connection): void {
        this._deliverHeld(connection);
        const { partialFrame } = connection;
        if (connection.state === "closed" || !partialFrame || partialFrame.isSkipped) return;
        connection.partialFrame = undefined;
        const last = [lastLine(partialFrame.bytes)];
        if (connection.framesReceived === 0) skipByteOrderMark(last);
        const [text = ""] = last;
        if (text !== "" && this._framing.isBlank(text)) return;
        if (this._framing.bare && isJson(text)) this.#guard(connection, text);
        else this._skip("the connection has ended in the middle of a frame", connection);
    }

    /**
     * The connection is about to end: what was read before is delivered.
     *
     * @internal
     */
    protected _deliverHeld(connection: Connection): void {
        const { pausedFrames } = connection;
        if (!pausedFrames) return;
        connection.pausedFrames = undefined;
        pausedFrames.release();
        for (const frame of pausedFrames.frames) this.#guard(connection, frame);
    }

    /**
     * Reports a frame that is no message.
     *
     * @internal
     */
    protected _skip(fault: string, connection: Connection): void {
        this.#skipped(connection, badFrame(fault));
    }

    #skipped(connection: Connection, error: Error): void {
        connection.badFrames += 1;
        if (connection.badFrames < MAX_BAD_FRAMES) this._report(error, connection);
        else this._fault(connection, badFrame(`${MAX_BAD_FRAMES} frames in a row were no messages`, error));
    }

    #dispatchAll(connection: Connection, frames: string[]): void {
        for (let n = 0; n < frames.length; n++) {
            this.#guard(connection, frames[n] as string);
            if (this._pausesReading && connection.overLimit && this.#hold(connection, frames.slice(n + 1))) return;
        }
        if (connection.state !== "closed" && connection.error) this._fault(connection, connection.error);
    }

    /** What a handler throws surfaces, and does not keep the next message from its handler. */
    #guard(connection: Connection, frame: string): void {
        if (connection.state === "closed") return;
        try {
            this.#dispatch(connection, frame);
        } catch (error) {
            throwLater(error);
        }
    }

    /** Reads nothing more, and handles nothing more of what was read, until the peer has read our answers. */
    #hold(connection: Connection, frames: string[]): boolean {
        if (this._limits.slowConsumer !== "wait" || connection.state === "closed") return false;
        const { socket } = connection;
        const held = { frames, release: holdReading(socket) };
        connection.pausedFrames = held;
        socket.allowHalfOpen = true; // the peer may have ended: what is held is still to be answered
        connection.onceWritable(() => {
            if (connection.pausedFrames !== held) return;
            held.release();
            this.#dispatchAll(connection, frames); // it may hold again
            if (connection.pausedFrames !== held) return;
            connection.pausedFrames = undefined;
            this.#goOn(connection);
        });
        return true;
    }

    /** Nothing is held any more. */
    #goOn(connection: Connection): void {
        if (connection.state === "closed") return;
        const { socket } = connection;
        socket.allowHalfOpen = false;
        if (socket.readableEnded) socket.end();
        connection.endReply();
    }

    #dispatch(connection: Connection, frame: string): void {
        if (this._framing.isBlank(frame)) return;
        const { badFrames } = connection;
        this.#handle(connection, frame);
        if (connection.badFrames === badFrames) connection.badFrames = 0;
    }

    #handle(connection: Connection, frame: string): void {
        const { bare } = this._framing;
        const envelope = bare ? undefined : parseEnvelope(frame);
        let value: unknown = envelope;
        if (!envelope) {
            try {
                value = this._framing.decode(frame);
            } catch (error) {
                if (isHttpPost(frame)) this._fault(connection, error as SockhopError);
                else this.#skipped(connection, error as SockhopError);
                return;
            }
        }
        publishReceived(connection, frame, value);
        if ((connection.state as string) === "closed") return; // ended by a subscriber
        if (bare) {
            this._deliver(connection, value, typeName(value));
            return;
        }
        const message = envelope ?? toEnvelope(value);
        if (typeof message === "string") this._skip(message, connection);
        else this._onMessage(connection, message);
    }
}
