import { badFrameError, foreignPeerError } from "../codec/errors";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import { type Connection, connectionOf } from "../connection/Connection";
import type { HeldFrames, ReceivedFrame } from "../connection/resume/HeldFrames";
import { holdReading } from "../connection/holdReading";
import { Receipts } from "../connection/resume/Receipts";
import { publishReceived } from "../diagnostics/channels";
import { throwLater } from "../emitter/emitSafely";
import { PING, PONG } from "../protocol/Envelope";
import { parseHello } from "../protocol/Hello";
import { type InvalidMessage, type Message, invalid, message as createMessage } from "../protocol/Message";
import { parseReceipt } from "../protocol/Receipt";
import { foreignProtocol, httpWithBody, isSockhopFrame, startOf } from "./foreignProtocol";
import { frameOrigin } from "./frameOrigin";

/** Number of bad frames in a row after which a connection is closed. */
const MAX_BAD_FRAMES = 1000;

/** No acknowledgement is longer, and no ping of this library. */
const MAX_CONTROL_LENGTH = 256;

/** Text that a ping and a pong contain. */
const CONTROL = "SockhopP";

/** Callbacks of a {@link MessageReceiver}. */
export interface MessageHandler {
    onMessage(connection: Connection, message: Message): void;
    /** Reports a frame that is not a message. The connection stays open. */
    onBadFrame(connection: Connection, error: Error): void;
    /** Warns of a probable mistake. The connection stays open. */
    onWarning(text: string): void;
    /** Reports an error that must close the connection. */
    onFatal(connection: Connection, error: Error): void;
    /** The peer has sent FIN, and all frames before it are handled. */
    onPeerEnd(connection: Connection): void;
}

/** Converts the bytes of connections to messages, in order. */
export class MessageReceiver {
    readonly #objectBuffer: ObjectBuffer;
    readonly #handler: MessageHandler;
    /**
     * True to stop reading from a peer that does not read our replies. Only one end of a connection may do so, or both
     * ends could wait for each other forever.
     */
    pausesReading = false;
    /** Counts the frames of connections that can be resumed. */
    readonly receipts = new Receipts();

    constructor(objectBuffer: ObjectBuffer, handler: MessageHandler) {
        this.#objectBuffer = objectBuffer;
        this.#handler = handler;
    }

    /** Handles received bytes. */
    onData(from: Connection, chunk: Buffer, length = chunk.length): void {
        const connection = successorOf(from);
        if (connection.state === "closed" && !connection.isLeaving) return;
        const isFirst = connection.bytesReceived === 0;
        connection.bytesReceived += length;
        if (isFirst && this.#isForeign(connection, startOf(chunk, length))) return;
        let frames: (string | Buffer)[];
        try {
            frames = (connection.wire?.reader ?? this.#objectBuffer).read(chunk, connection, length);
        } catch (error) {
            connection.flush();
            if (connection.resumption) connection.resumption.isOver = true; // it would come again
            connection.socket.destroy(error as Error); // the frame does not fit into memory
            return;
        }
        const isStart = connection.framesReceived === frames.length;
        if (isStart && typeof frames[0] === "string") {
            if (this.#isForeign(connection, frames[0])) return;
            this.#onFirstFrame(connection, frames[0]);
        }
        const held = connection.resumption?.held;
        if (held) this.#hold(connection, held, frames);
        else this.#dispatchAll(connection, frames);
    }

    /** Handles the end of the byte stream. */
    onEnd(connection: Connection): void {
        this.deliverPaused(connection);
        if (connection.state === "closed") return;
        try {
            const frame = this.#objectBuffer.json.readEnd(connection);
            if (frame !== undefined) this.#dispatchSafely(connection, frame);
        } catch (error) {
            this.reportBadFrame(connection, error as Error);
        }
    }

    /** Delivers the paused and the held frames of a connection, before it closes. */
    deliverPaused(connection: Connection): void {
        const held = connection.takeHeld();
        const { pausedFrames } = connection;
        connection.pausedFrames = undefined;
        pausedFrames?.release();
        if (pausedFrames) this.#dispatchEach(connection, pausedFrames.frames, true);
        this.#dispatchEach(connection, held, true);
    }

    /** Drops the held frames of a connection: the peer sends them again, but not the rest of one that was counted. */
    onInterrupt(connection: Connection): void {
        const rest = connection.takeHeld().filter(isMessage);
        this.deliverPaused(connection);
        this.#dispatchEach(connection, rest, true);
    }

    /** Keeps frames until the program reads on. Handles acknowledgements, pings and pongs at once. */
    #hold(connection: Connection, held: HeldFrames, frames: readonly ReceivedFrame[]): void {
        held.onRelease ??= (released) => this.#dispatchAll(connection, released);
        for (const frame of frames) {
            const control = typeof frame === "string" ? this.#controlOf(frame) : undefined;
            const isBlank = typeof frame === "string" && this.#objectBuffer.json.isBlank(frame);
            if (!control) held.push(frame, !isBlank);
            else if (this.#onHeldControl(connection, control)) held.push(frame, false);
        }
    }

    /** Ping or pong in a line; `undefined` for any other line. */
    #controlOf(line: string): Message | undefined {
        if (line.length > MAX_CONTROL_LENGTH || !line.includes(CONTROL)) return undefined;
        const message = this.#objectBuffer.decode(line);
        return message.kind === "ping" || message.kind === "pong" ? message : undefined;
    }

    /** @returns true if the line must be handled in its place, too */
    #onHeldControl(connection: Connection, control: Message): boolean {
        const receipt = control.kind === "pong" ? parseReceipt(control.data) : undefined;
        const keepsOrder = receipt
            ? receipt.bye === true || receipt.off === true
            : parseHello(control.data) !== undefined;
        if (receipt?.bye && connection.resumption) connection.resumption.isOver = true; // the end of the socket comes next
        if (!keepsOrder) this.#dispatchSafely(connection, control);
        else if (receipt) this.#dispatchSafely(connection, { ...control, data: { ack: receipt.ack } });
        return keepsOrder;
    }

    /** Counts and reports a bad frame. */
    reportBadFrame(connection: Connection, error: Error): void {
        connection.badFrames += 1;
        if (connection.badFrames < MAX_BAD_FRAMES) this.#handler.onBadFrame(connection, error);
        else {
            const fatal = badFrameError(`${MAX_BAD_FRAMES} frames in a row were not messages`, error);
            this.#handler.onFatal(connection, fatal);
        }
    }

    #dispatchAll(from: Connection, frames: readonly ReceivedFrame[]): void {
        if (!this.#dispatchEach(from, frames)) return;
        const connection = successorOf(from);
        if (connection.state !== "closed" && connection.error) this.#handler.onFatal(connection, connection.error);
    }

    /**
     * @param isFinal - true to handle them even if the program does not read
     * @returns false if the connection was paused: then it keeps the other frames
     */
    #dispatchEach(from: Connection, frames: readonly ReceivedFrame[], isFinal = false): boolean {
        let connection = from;
        for (let index = 0; index < frames.length; index++) {
            const frame = frames[index] as ReceivedFrame;
            if (connection.state === "closed") connection = successorOf(connection);
            if (typeof frame !== "string" && Buffer.isBuffer(frame)) {
                this.#countFrame(connection);
                const messages = this.#decodeFrame(connection, frame);
                if (!this.#dispatchMessages(connection, messages, isFinal, frames, index)) return false;
                continue;
            }
            if (typeof frame !== "string" && !isMessage(frames[index + 1])) finishFrame(connection);
            this.#dispatchSafely(connection, frame);
            if (isFinal || !this.#mayStop(connection)) continue;
            if (this.#stop(connection, frames.slice(index + 1))) return false;
        }
        return true;
    }

    /** Handles the messages of the frame of bytes at an index of `frames`. */
    #dispatchMessages(
        connection: Connection,
        messages: readonly ReceivedFrame[],
        isFinal: boolean,
        frames: readonly ReceivedFrame[],
        index: number,
    ): boolean {
        for (let n = 0; n < messages.length; n++) {
            if (n === messages.length - 1) finishFrame(connection);
            this.#dispatchSafely(connection, messages[n] as Message);
            if (isFinal || !this.#mayStop(connection)) continue;
            if (this.#stop(connection, messages.slice(n + 1).concat(frames.slice(index + 1)))) return false;
        }
        return true;
    }

    /** False if the next frame can be handled. */
    #mayStop(connection: Connection): boolean {
        return connection.resumption?.held !== undefined || (this.pausesReading && connection.isCongested);
    }

    /**
     * Pauses the connection, or holds frames, if the peer or the program does not read.
     *
     * @returns false if the frames must be handled now
     */
    #stop(connection: Connection, frames: readonly ReceivedFrame[]): boolean {
        if (this.pausesReading && connection.isCongested && this.#pause(connection, frames)) return true;
        const held = connection.resumption?.held;
        if (!held) return false;
        this.#hold(connection, held, frames);
        return true;
    }

    /** Counts a frame of bytes, whose messages are about to be handled. */
    #countFrame(connection: Connection): void {
        const { resumption } = connection;
        if (!resumption || connection.state === "closed") return;
        resumption.unfinished = 1;
        this.receipts.onFrame(connection, resumption);
    }

    #decodeFrame(connection: Connection, frame: Buffer): readonly (Message | InvalidMessage)[] {
        if (connection.state === "closed") return [];
        return connection.wire?.decodeFrame(frame) ?? [invalid("the frame is binary, and no codec was agreed on")];
    }

    /** Handles a frame. Throws an exception of a handler later, so that the next message still reaches its handler. */
    #dispatchSafely(connection: Connection, frame: string | Message | InvalidMessage): void {
        if (connection.state === "closed") {
            if (connection.isLeaving && typeof frame === "string") this.#onReceiptLine(connection, frame);
            return;
        }
        try {
            this.#dispatch(connection, frame);
        } catch (error) {
            throwLater(error);
        }
    }

    /** Handles a line that a connection receives after it was closed. Only an acknowledgement has an effect. */
    #onReceiptLine(connection: Connection, line: string): void {
        const control = this.#controlOf(line);
        if (control?.kind === "pong" && parseReceipt(control.data)) this.#handler.onMessage(connection, control);
    }

    #dispatch(connection: Connection, frame: string | Message | InvalidMessage): void {
        const { badFrames } = connection;
        if (typeof frame !== "string") this.#onMessage(connection, undefined, frame);
        else if (this.#objectBuffer.json.isBlank(frame)) return;
        else if (this.#objectBuffer.json.acceptsText && this.#refuse(connection, httpWithBody(frame), frame)) return;
        else this.#onLine(connection, frame, this.#objectBuffer.decode(frame));
        if (connection.badFrames === badFrames) connection.badFrames = 0;
    }

    #onLine(connection: Connection, line: string, message: Message | InvalidMessage): void {
        const { resumption } = connection;
        if (resumption && message.type !== PING && message.type !== PONG) this.receipts.onFrame(connection, resumption);
        this.#onMessage(connection, line, message);
    }

    /** @param line - `undefined` if the message was a part of a frame of bytes */
    #onMessage(connection: Connection, line: string | undefined, message: Message | InvalidMessage): void {
        if (message.kind === "invalid") {
            this.#onInvalid(connection, line, message);
            return;
        }
        publishReceived(connection, line, message);
        if (connection.state === "closed") return; // closed by a subscriber
        this.#handler.onMessage(connection, message);
    }

    #onInvalid(connection: Connection, line: string | undefined, { fault, cause, refused }: InvalidMessage): void {
        if (line !== undefined && this.#refuse(connection, httpWithBody(line), line)) return;
        const error = badFrameError(`${fault} (${frameOrigin(connection.socket, line)})`, cause);
        this.reportBadFrame(connection, error);
        if (!refused || (connection.state as string) === "closed") return;
        const { kind, id, hasUuid, errors } = refused;
        this.#handler.onMessage(connection, createMessage("refused", kind, { error, errors }, id, hasUuid));
    }

    /**
     * Closes the connection if its first bytes belong to another protocol. If any text is a value, only requests with a
     * body are refused, which a web page can send.
     */
    #isForeign(connection: Connection, start: string): boolean {
        const fault = this.#objectBuffer.json.acceptsText ? httpWithBody(start) : foreignProtocol(start);
        return this.#refuse(connection, fault, start);
    }

    /** Warns of a sockhop peer, each message of which would be delivered in its envelope. */
    #onFirstFrame(connection: Connection, frame: string): void {
        if (this.#objectBuffer.json.enveloped || !isSockhopFrame(frame)) return;
        const origin = frameOrigin(connection.socket, frame);
        this.#handler.onWarning(`The peer seems to be sockhop, and peer_type is "json" here (${origin})`);
    }

    /** Closes the connection of a peer that speaks another protocol. */
    #refuse(connection: Connection, fault: string | undefined, start: string): boolean {
        if (fault === undefined) return false;
        const error = foreignPeerError(`${fault} (${frameOrigin(connection.socket, start)})`);
        this.#handler.onFatal(connection, error);
        return true;
    }

    /**
     * Pauses the socket and keeps the frames until the peer has read our replies.
     *
     * @returns false if the connection is not paused, because of `slow_consumer` or because it is closed
     */
    #pause(connection: Connection, frames: readonly ReceivedFrame[]): boolean {
        if (connection.limits.slowConsumer !== "wait" || connection.state === "closed") return false;
        const { socket } = connection;
        const release = holdReading(socket);
        const held = connection.resumption?.held;
        if (held) this.#hold(connection, held, frames);
        else socket.allowHalfOpen = true; // these frames still need replies, even if the peer has sent FIN
        const paused = { frames: held ? [] : frames, release };
        connection.pausedFrames = paused;
        connection.onceWritable(() => {
            if (connection.pausedFrames !== paused) return;
            paused.release();
            if (!held) this.#dispatchAll(connection, frames); // can pause again
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
        if (socket.readableEnded) {
            this.#handler.onPeerEnd(connection);
            socket.end(); // Node did not, since the socket was half-open
        }
        connection.endReply();
    }
}

/** True for a message of a frame of bytes. */
function isMessage(frame: ReceivedFrame | undefined): boolean {
    return typeof frame === "object" && !Buffer.isBuffer(frame);
}

/** Records that the last message of a frame of bytes is about to be handled. */
function finishFrame({ resumption }: Connection): void {
    if (resumption) resumption.unfinished = 0;
}

/** Connection that has continued on the socket of this one, or this one. */
function successorOf(connection: Connection): Connection {
    if (connection.state !== "closed") return connection;
    const successor = connectionOf(connection.socket);
    return successor?.endpoint === connection.endpoint ? successor : connection;
}
