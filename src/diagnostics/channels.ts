import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Message } from "../protocol/Message";

/** Published when a connection begins to count, and when it is gone. */
export interface ConnectionDiagnostics {
    /** The client or server. */
    endpoint: object;
    socket: Socket;
    /** What it has failed with, if that is known. */
    error?: Error | undefined;
}

/** Published for each message. */
export interface MessageDiagnostics {
    endpoint: object;
    socket: Socket;
    /** As it travels: the class name of a value, or one of the names that the library keeps for itself. */
    type: unknown;
    /** Bytes of its JSON text. */
    bytes: number;
}

/** Members of a connection that are published. */
interface Subject {
    readonly endpoint: object;
    readonly socket: Socket;
    readonly error?: Error | undefined;
}

/** Describes an encoded frame: see `Codec`. */
interface FrameDescriber {
    describe(frame: string): { type: unknown; bytes: number };
}

export const connected = channel("sockhop:connect");
export const disconnected = channel("sockhop:disconnect");
export const sent = channel("sockhop:message:sent");
export const received = channel("sockhop:message:received");

/** @internal */
export function publishConnect({ endpoint, socket }: Subject): void {
    if (connected.hasSubscribers) connected.publish({ endpoint, socket } satisfies ConnectionDiagnostics);
}

/** @internal */
export function publishDisconnect({ endpoint, socket, error }: Subject): void {
    if (disconnected.hasSubscribers) disconnected.publish({ endpoint, socket, error } satisfies ConnectionDiagnostics);
}

/**
 * @param frame - with its terminator
 *
 * @internal
 */
export function publishSent({ endpoint, socket }: Subject, frame: string, describer: FrameDescriber): void {
    if (!sent.hasSubscribers) return;
    sent.publish({ endpoint, socket, ...describer.describe(frame) } satisfies MessageDiagnostics);
}

/**
 * @param frame - without its terminator
 *
 * @internal
 */
export function publishReceived({ endpoint, socket }: Subject, frame: string, { type }: Message): void {
    if (!received.hasSubscribers) return;
    const bytes = Buffer.byteLength(frame);
    received.publish({ endpoint, socket, type, bytes } satisfies MessageDiagnostics);
}
