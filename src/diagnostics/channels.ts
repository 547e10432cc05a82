import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Message of `sockhop:connect` and `sockhop:disconnect`: a connection has opened or closed. */
export interface ConnectionDiagnostics {
    /** Client or server. */
    endpoint: object;
    socket: Socket;
    /** Error that has closed the connection, if it is known. */
    error?: Error | undefined;
    /** Last argument of `disconnect`. */
    reason?: object | undefined;
}

/** Message of `sockhop:interrupt` and `sockhop:resume`: a connection has lost its socket, or has another one. */
export interface ResumeDiagnostics {
    endpoint: object;
    socket: Socket;
    /** Error that `interrupted` has. */
    error?: Error | undefined;
    /** Number of frames that the peer had to send again, and that this end sends again. */
    missed?: number;
    replayed?: number;
    /** Milliseconds of the interruption. */
    duration?: number;
}

/** Message of `sockhop:message:sent` and `sockhop:message:received`. */
export interface MessageDiagnostics {
    endpoint: object;
    socket: Socket;
    /** Type on the wire: the class name of a value, or a reserved name of the library. */
    type: unknown;
    /** Size in bytes: of the JSON text, or of its part of a binary frame. */
    bytes: number;
}

/** Message of `sockhop:error`: an `error` event, or the process warning in its place. */
export interface ErrorDiagnostics {
    endpoint: object;
    error: Error;
    /** Socket of the connection, if there is one. */
    socket?: Socket | undefined;
}

/**
 * Message of `sockhop:inspect`, for the inspector of this package only: a connection has opened, or has a message.
 *
 * @internal
 */
export interface InspectDiagnostics {
    connection: object;
    /** `undefined` when the connection opens. */
    isSent?: boolean;
    /**
     * A line, with its terminator if it was sent; or the decoded message of a frame of bytes. `undefined` for what is sent
     * in such a frame.
     */
    content?: unknown;
}

/** Members of a connection that are published. */
interface Subject {
    readonly endpoint: object;
    readonly socket: Socket;
    readonly error?: Error | undefined;
    readonly closeReason?: object | undefined;
}

/** Part of `Encoder` that describes an encoded frame. */
interface FrameDescriber<F> {
    describe(frame: F): { type: unknown; bytes: number };
}

export const connected = channel("sockhop:connect");
export const disconnected = channel("sockhop:disconnect");
export const interrupted = channel("sockhop:interrupt");
export const resumed = channel("sockhop:resume");
export const sent = channel("sockhop:message:sent");
export const received = channel("sockhop:message:received");
export const failed = channel("sockhop:error");
export const inspected = channel("sockhop:inspect");

/**
 * Publishes that a connection has opened.
 *
 * @internal
 */
export function publishConnect(connection: Subject): void {
    const { endpoint, socket } = connection;
    if (inspected.hasSubscribers) inspected.publish({ connection } satisfies InspectDiagnostics);
    if (connected.hasSubscribers) connected.publish({ endpoint, socket } satisfies ConnectionDiagnostics);
}

/**
 * Publishes that a connection has closed.
 *
 * @internal
 */
export function publishDisconnect({ endpoint, socket, error, closeReason: reason }: Subject): void {
    if (!disconnected.hasSubscribers) return;
    disconnected.publish({ endpoint, socket, error, reason } satisfies ConnectionDiagnostics);
}

/**
 * Publishes that a connection has lost its socket.
 *
 * @internal
 */
export function publishInterrupt({ endpoint, socket }: Subject, error: Error): void {
    if (interrupted.hasSubscribers) interrupted.publish({ endpoint, socket, error } satisfies ResumeDiagnostics);
}

/**
 * Publishes that a connection goes on with another socket.
 *
 * @internal
 */
export function publishResume(
    { endpoint, socket }: Subject,
    info: { missed: number; replayed: number; duration: number },
): void {
    if (resumed.hasSubscribers) resumed.publish({ endpoint, socket, ...info } satisfies ResumeDiagnostics);
}

/**
 * Publishes a sent message.
 *
 * @param frame - frame with its terminator
 *
 * @internal
 */
export function publishSent<F>(connection: Subject, frame: F, describer: FrameDescriber<F>): void {
    if (inspected.hasSubscribers) {
        const content = typeof frame === "string" ? frame : undefined;
        inspected.publish({ connection, isSent: true, content } satisfies InspectDiagnostics);
    }
    if (!sent.hasSubscribers) return;
    const { endpoint, socket } = connection;
    sent.publish({ endpoint, socket, ...describer.describe(frame) } satisfies MessageDiagnostics);
}

/**
 * Publishes a received message.
 *
 * @param frame - line without its terminator; `undefined` if the message was a part of a frame of bytes
 *
 * @internal
 */
export function publishReceived(
    connection: Subject,
    frame: string | undefined,
    message: { type: unknown; bytes: number },
): void {
    if (inspected.hasSubscribers) {
        inspected.publish({ connection, isSent: false, content: frame ?? message } satisfies InspectDiagnostics);
    }
    if (!received.hasSubscribers) return;
    const { endpoint, socket } = connection;
    const { type, bytes: size } = message;
    const bytes = frame === undefined ? size : Buffer.byteLength(frame);
    received.publish({ endpoint, socket, type, bytes } satisfies MessageDiagnostics);
}

/**
 * Publishes an error that an endpoint reports.
 *
 * @internal
 */
export function publishError(endpoint: object, error: Error, socket: unknown): void {
    if (!failed.hasSubscribers) return;
    failed.publish({ endpoint, error, socket: socket as Socket | undefined } satisfies ErrorDiagnostics);
}
