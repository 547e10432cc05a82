import { messageOf, printable } from "../runtime/thrownValues";
import process from "node:process";
import { channel, subscribe, tracingChannel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { debuglog } from "node:util";
import { typeName } from "../protocol/typeName";
import type { Connection } from "../connection/Connection";
import type { Envelope } from "../codec/json/writeEnvelope";

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

/** The context of a request, in all events of its span. */
export interface RequestDiagnostics {
    endpoint: object;
    socket: Socket | undefined;
    uuid: string;
    /** Class name of the data. */
    type: string;
    data: unknown;
    /** What it has failed with. */
    error?: Error;
    /** What `ask()` has resolved to. */
    result?: unknown;
}

const connected = channel("sockhop:connect");
const disconnected = channel("sockhop:disconnect");
const sent = channel("sockhop:message:sent");
const received = channel("sockhop:message:received");

/** @internal */
export function publishConnect({ endpoint, socket }: Connection): void {
    if (connected.hasSubscribers) connected.publish({ endpoint, socket } satisfies ConnectionDiagnostics);
}

/** @internal */
export function publishDisconnect({ endpoint, socket, error }: Connection): void {
    if (disconnected.hasSubscribers) disconnected.publish({ endpoint, socket, error } satisfies ConnectionDiagnostics);
}

/**
 * @param frame - with its terminator
 *
 * @internal
 */
export function publishSent(connection: Connection, frame: string): void {
    if (!sent.hasSubscribers) return;
    const json = connection.endpoint._framing.jsonOf(frame);
    sent.publish(message(connection, json, JSON.parse(json)));
}

/**
 * @param json - the frame, without its terminator; it says `value`
 *
 * @internal
 */
export function publishReceived(connection: Connection, json: string, value: unknown): void {
    if (received.hasSubscribers) received.publish(message(connection, json, value));
}

function message({ endpoint, socket }: Connection, json: string, value: unknown): MessageDiagnostics {
    const type = endpoint._framing.bare ? typeName(value) : (value as Envelope | null)?.type;
    return { endpoint, socket, type, bytes: Buffer.byteLength(json) };
}

/**
 * A request, from the call (or its arrival) to the end of its answer, on a TracingChannel (Node documentation).
 *
 * @internal
 */
export class RequestSpan {
    readonly #channels: ReturnType<typeof tracingChannel>;
    readonly #context: RequestDiagnostics;
    #over = false;

    constructor(channels: ReturnType<typeof tracingChannel>, context: RequestDiagnostics) {
        this.#channels = channels;
        this.#context = context;
    }

    /** Does the part that is done at once, in the context of those who trace. */
    run<T>(work: () => T): T {
        const { start, end } = this.#channels;
        try {
            return start.runStores(this.#context, work);
        } finally {
            end.publish(this.#context);
        }
    }

    failed(error: Error): void {
        if (this.#over) return;
        this.#context.error = error;
        this.#channels.error.publish(this.#context);
    }

    /** The answer has ended. */
    ended(result?: unknown): void {
        if (this.#over) return;
        this.#over = true;
        if (result !== undefined) this.#context.result = result;
        this.#channels.asyncStart.publish(this.#context);
        this.#channels.asyncEnd.publish(this.#context);
    }
}

/**
 * Gives out spans while somebody listens.
 *
 * @internal
 */
export class RequestChannel {
    readonly #channels;

    /** @param name - of the TracingChannel */
    constructor(name: string) {
        this.#channels = tracingChannel(name);
    }

    /** Whether somebody listens. (Node 20.0 cannot tell it of all channels together.) */
    get hasSubscribers(): boolean {
        const { start, end, asyncStart, asyncEnd, error } = this.#channels;
        return (
            start.hasSubscribers ||
            end.hasSubscribers ||
            asyncStart.hasSubscribers ||
            asyncEnd.hasSubscribers ||
            error.hasSubscribers
        );
    }

    begin(context: RequestDiagnostics): RequestSpan {
        return new RequestSpan(this.#channels, context);
    }
}

/**
 * Requests made here.
 *
 * @internal
 */
export const requests = new RequestChannel("sockhop:request");
/**
 * Requests answered here.
 *
 * @internal
 */
export const responses = new RequestChannel("sockhop:response");

// NODE_DEBUG=sockhop: the same for people, on stderr.
const debug: { (message: string, ...values: unknown[]): void; enabled?: boolean } = debuglog("sockhop");
// Bun's debuglog() does not say whether it is enabled.
const enabled = debug.enabled ?? /\bsockhop\b/i.test(process.env["NODE_DEBUG"] ?? "");
// The channels are those of all copies of the library in this process; one of them prints.
const PRINTED = Symbol.for("sockhop.debug");
const shared = connected as typeof connected & { [PRINTED]?: boolean };
if (enabled && !shared[PRINTED]) {
    shared[PRINTED] = true;
    const where = ({ remoteAddress, remotePort }: Socket): string =>
        remoteAddress === undefined ? "local socket" : `${remoteAddress}:${remotePort}`;
    subscribe(connected.name, (message) => {
        debug("connect %s", where((message as ConnectionDiagnostics).socket));
    });
    subscribe(disconnected.name, (message) => {
        const { socket, error } = message as ConnectionDiagnostics;
        debug("disconnect %s%s", where(socket), error ? `: ${printable(messageOf(error))}` : "");
    });
    for (const [from, direction] of [
        [sent, "sent"],
        [received, "received"],
    ] as const) {
        subscribe(from.name, (message) => {
            const { socket, type, bytes } = message as MessageDiagnostics;
            debug("%s %s, %d bytes, %s", direction, printable(type), bytes, where(socket));
        });
    }
}
