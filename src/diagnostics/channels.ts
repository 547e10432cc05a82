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

/**
 * Publishes that a connection has opened.
 *
 * @internal
 */
export function publishConnect({ endpoint, socket }: Subject): void {
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
export function publishSent<F>({ endpoint, socket }: Subject, frame: F, describer: FrameDescriber<F>): void {
    if (!sent.hasSubscribers) return;
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
    { endpoint, socket }: Subject,
    frame: string | undefined,
    { type, bytes: size }: { type: unknown; bytes: number },
): void {
    if (!received.hasSubscribers) return;
    const bytes = frame === undefined ? size : Buffer.byteLength(frame);
    received.publish({ endpoint, socket, type, bytes } satisfies MessageDiagnostics);
}
