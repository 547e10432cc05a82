import type { Frame } from "../codec/Codec";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import { badFrameError } from "../codec/errors";
import type { Connection } from "../connection/Connection";
import { holdReading } from "../connection/holdReading";
import { publishReceived } from "../diagnostics/channels";
import { throwLater } from "../emitter/emitSafely";
import type { Message } from "../protocol/Message";
import { isHttpPost } from "./isHttpPost";

/** A connection that has sent this many bad frames, and no message between them, is closed. */
const MAX_BAD_FRAMES = 1000;

/** Recipient of the messages. */
export interface MessageHandler {
    onMessage(connection: Connection, message: Message): void;
    /** A frame is no message; the connection goes on. */
    onBadFrame(connection: Connection, error: Error): void;
    /** The connection cannot go on. */
    onFatal(connection: Connection, error: Error): void;
}

/** Turns the bytes of connections into messages, in order. */
export class MessageReceiver {
    readonly #objectBuffer: ObjectBuffer;
    readonly #handler: MessageHandler;
    /**
     * True to stop reading from a peer that does not read our replies. At most one end of a connection may do that: two that wait
     * for each other to read would wait forever.
     */
    pausesReading = false;

    constructor(objectBuffer: ObjectBuffer, handler: MessageHandler) {
        this.#objectBuffer = objectBuffer;
        this.#handler = handler;
    }

    /** Handles received bytes. */
    onData(connection: Connection, chunk: Buffer, length = chunk.length): void {
        if (connection.state === "closed") return;
        connection.bytesReceived += length;
        let frames: Frame[];
        try {
            frames = this.#objectBuffer.read(chunk, connection, length);
        } catch (error) {
            connection.socket.destroy(error as Error); // a frame that does not fit into memory
            return;
        }
        const isStart = connection.framesReceived === frames.length;
        if (isStart && frames[0] !== undefined && isHttpPost(frames[0])) {
            this.#handler.onFatal(connection, badFrameError("this is an HTTP request of a web browser"));
            return;
        }
        this.#dispatchAll(connection, frames);
    }

    /** Handles the end of the byte stream. */
    onEnd(connection: Connection): void {
        this.deliverPaused(connection);
        if (connection.state === "closed") return;
        try {
            const frame = this.#objectBuffer.readEnd(connection);
            if (frame !== undefined) this.#dispatchSafely(connection, frame);
        } catch (error) {
            this.reportBadFrame(connection, error as Error);
        }
    }

    /** Delivers the frames that were read before a connection closes. */
    deliverPaused(connection: Connection): void {
        const { pausedFrames } = connection;
        if (!pausedFrames) return;
        connection.pausedFrames = undefined;
        pausedFrames.release();
        for (const frame of pausedFrames.frames) this.#dispatchSafely(connection, frame);
    }

    /** Counts and reports a bad frame. */
    reportBadFrame(connection: Connection, error: Error): void {
        connection.badFrames += 1;
        if (connection.badFrames < MAX_BAD_FRAMES) this.#handler.onBadFrame(connection, error);
        else {
            const fatal = badFrameError(`${MAX_BAD_FRAMES} frames in a row were no messages`, error);
            this.#handler.onFatal(connection, fatal);
        }
    }

    #dispatchAll(connection: Connection, frames: Frame[]): void {
        for (let n = 0; n < frames.length; n++) {
            this.#dispatchSafely(connection, frames[n] as Frame);
            if (this.pausesReading && connection.overLimit && this.#pause(connection, frames.slice(n + 1))) return;
        }
        if (connection.state !== "closed" && connection.error) this.#handler.onFatal(connection, connection.error);
    }

    /** Throws later what a handler throws, so that the next message reaches its handler. */
    #dispatchSafely(connection: Connection, frame: Frame): void {
        if (connection.state === "closed") return;
        try {
            this.#dispatch(connection, frame);
        } catch (error) {
            throwLater(error);
        }
    }

    #dispatch(connection: Connection, frame: Frame): void {
        if (this.#objectBuffer.isBlank(frame)) return;
        const { badFrames } = connection;
        this.#decode(connection, frame);
        if (connection.badFrames === badFrames) connection.badFrames = 0;
    }

    #decode(connection: Connection, frame: Frame): void {
        let message: Message;
        try {
            message = this.#objectBuffer.decode(frame);
        } catch (error) {
            if (isHttpPost(frame)) this.#handler.onFatal(connection, error as Error);
            else this.reportBadFrame(connection, error as Error);
            return;
        }
        publishReceived(connection, frame, message);
        if ((connection.state as string) === "closed") return; // closed by a subscriber
        if (message.kind === "invalid") this.reportBadFrame(connection, badFrameError(message.data as string));
        else this.#handler.onMessage(connection, message);
    }

    /** Stops reading, and handling what was read, until the peer has read our replies. */
    #pause(connection: Connection, frames: Frame[]): boolean {
        if (connection.limits.slowConsumer !== "wait" || connection.state === "closed") return false;
        const { socket } = connection;
        const paused = { frames, release: holdReading(socket) };
        connection.pausedFrames = paused;
        socket.allowHalfOpen = true; // the peer may have ended: these frames still need replies
        connection.onceWritable(() => {
            if (connection.pausedFrames !== paused) return;
            paused.release();
            this.#dispatchAll(connection, frames); // may pause again
            if (connection.pausedFrames !== paused) return;
            connection.pausedFrames = undefined;
            this.#resume(connection);
        });
        return true;
    }

    #resume(connection: Connection): void {
        if (connection.state === "closed") return;
        const { socket } = connection;
        socket.allowHalfOpen = false;
        if (socket.readableEnded) socket.end();
        connection.endReply();
    }
}
