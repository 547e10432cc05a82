import type { ObjectBuffer } from "../../codec/ObjectBuffer";
import type { Connection } from "../../connection/Connection";
import { checkMethodOptions } from "../../diagnostics/unknownOptions";
import { typeOption } from "../../protocol/typeOption";
import { cutStack } from "../../runtime/CallSite";
import { memberOf } from "../../runtime/thrownValues";
import { Broadcast } from "./Broadcast";
import { BroadcastBatch } from "./BroadcastBatch";
import { BroadcastFrame } from "./BroadcastFrame";
import type { BroadcastOptions } from "./BroadcastOptions";
import { recipientsOf } from "./recipients";
import { type SharedMessage, ValueMessage } from "./SharedMessage";

/** Names of the options of `sendall()`. */
const SENDALL_NAMES = ["type", "except", "local"];

/** Maximum length of frames that are copied, because only some of the connections that have them get a further frame. */
const MAX_COPIED = 16_384;

/** Sends broadcasts to the other servers of a cluster. */
export interface RemoteBroadcasts {
    /**
     * @param local - broadcast to the clients of this server
     * @returns settles when both are done
     */
    send(message: ValueMessage, group: string | undefined, local: Promise<undefined[]>): Promise<undefined[]>;
}

/** Server whose connections get broadcasts. */
export interface BroadcastHost {
    readonly objectBuffer: ObjectBuffer;
    /** Connections whose session has started, or those of a group. A new array. */
    connections(group: string | undefined): Connection[];
    /** Way to the other servers; `undefined` if there are none. */
    cluster(): RemoteBroadcasts | undefined;
    /** Handles the end of a destroyed socket, whose events are pending. */
    lose(connection: Connection): void;
}

/** Sends messages to all connections of a server, or to those of a group. */
export class Broadcasts {
    readonly #host: BroadcastHost;
    /** The last broadcast, until it has settled. */
    #current: Broadcast | undefined;
    /** Batch of the last broadcast. */
    #batch: BroadcastBatch | undefined;

    constructor(host: BroadcastHost) {
        this.#host = host;
    }

    /**
     * Sends a value of the program. Settles as `SockhopServer.sendall()`.
     *
     * @param group - name of a group; `undefined` for all connections
     */
    sendall(value: unknown, options: BroadcastOptions | null | undefined, group?: string): Promise<undefined[]> {
        const { objectBuffer } = this.#host;
        try {
            if (isReceiveMeta(options)) options = null;
            checkMethodOptions(options, SENDALL_NAMES, "sendall");
            const type = options ? typeOption(options.type, objectBuffer.json.enveloped) : undefined;
            const message = new ValueMessage(objectBuffer, value, type);
            const cluster = options?.local ? undefined : this.#host.cluster();
            if (!cluster) return this.send(message, group, options);
            recipientsOf([], options); // an invalid option must not send anything
            return cluster.send(message, group, this.send(message, group, options));
        } catch (error) {
            cutStack(error, this.sendall); // eslint-disable-line @typescript-eslint/unbound-method -- not called
            return Promise.reject(error);
        }
    }

    /**
     * Sends a message, also one that another server has encoded. Every broadcast of the server is sent by this method.
     *
     * @param group - name of a group; `undefined` for all connections
     * @returns resolves to one `undefined` for each connection; rejects as `SockhopServer.sendall()`, and if no recipient could
     * get the message, with the error of `message.encode()`
     */
    send(
        message: SharedMessage,
        group?: string,
        options?: Pick<BroadcastOptions, "except"> | null,
    ): Promise<undefined[]> {
        try {
            const connections = recipientsOf(this.#living(group), options);
            if (connections.length === 0) return Promise.resolve([]);
            const frame = new BroadcastFrame(connections, message);
            const current = this.#current;
            if (!frame.errors && current?.isFor(connections)) {
                current.push(frame);
                return current.promise;
            }
            return this.#begin(connections, frame);
        } catch (error) {
            cutStack(error, this.send); // eslint-disable-line @typescript-eslint/unbound-method -- not called
            return Promise.reject(error);
        }
    }

    #begin(connections: readonly Connection[], frame: BroadcastFrame): Promise<undefined[]> {
        const broadcast = new Broadcast(connections, frame, () => this.#batchFor(frame));
        this.#current = broadcast;
        const release = (): void => {
            if (this.#current === broadcast) this.#current = this.#batch = undefined; // they refer to connections
        };
        broadcast.promise.then(release, release);
        return broadcast.promise;
    }

    /** Batch of this tick. A long one is written first: its bytes would be copied for each part of its connections. */
    #batchFor({ length }: BroadcastFrame): BroadcastBatch {
        const isLong = this.#batch !== undefined && this.#batch.length > 0 && this.#batch.length + length > MAX_COPIED;
        if (isLong) this.#batch?.flush();
        if (this.#batch?.isWritten !== false) this.#batch = new BroadcastBatch(this.#batch);
        return this.#batch;
    }

    /** Connections whose sockets are not destroyed: their close events may be pending. */
    #living(group: string | undefined): readonly Connection[] {
        const connections = this.#host.connections(group);
        let hasLost = false;
        for (const connection of connections) {
            if (!connection.socket.destroyed) continue;
            this.#host.lose(connection);
            hasLost = true;
        }
        return hasLost ? this.#host.connections(group) : connections;
    }
}

/** True for the second argument of `receive`: a program may use `sendall` as a listener, and 1.x ignores the argument. */
function isReceiveMeta(options: unknown): boolean {
    return memberOf(options, "socket") !== undefined;
}
