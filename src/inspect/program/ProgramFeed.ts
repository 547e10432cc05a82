import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { InvalidMessage, Message } from "../../protocol/Message";
import { codeOf, messageOf } from "../../runtime/thrownValues";
import { typeName } from "../../protocol/typeName";
import { type LiveConnection, type LiveEndpoint, addressOf, endpoints, peerOf, roleOf, track } from "./endpoints";
import type { Hub } from "../hub/Hub";
import type { ConnectionInfo, InspectedConnection } from "../hub/InspectedConnection";
import { hideTokens } from "../frames/hideToken";
import { contentOf, parseFrame, type TappedMessage } from "../frames/parseFrame";
import type { Side } from "../protocol";

/** Precision of the delay of the event loop, in milliseconds. */
const RESOLUTION_MS = 10;

/** Characters of a line above which it is not parsed: that would delay the program. */
const MAX_PARSED = 2 ** 18;

/** Characters that are shown of such a line. */
const MAX_START = 2 ** 14;

/** Message of the channel `sockhop:inspect`. */
interface Inspected {
    connection: LiveConnection;
    isSent?: boolean;
    content?: string | Message | InvalidMessage;
}

/**
 * Passes the connections and messages of this process to a hub, from the channels of the library and the counters of
 * its connections. Subscribes while a page is open. Otherwise, until it is closed, it only notices the clients and
 * servers that have connections.
 */
export class ProgramFeed {
    readonly #hub: Hub;
    readonly #connections = new Map<LiveConnection, InspectedConnection>();
    #delays: IntervalHistogram | undefined;

    readonly #onInspected = (message: unknown): void => {
        const { connection, isSent, content } = message as Inspected;
        // A socket that only resumes another connection never becomes open.
        const isOpen = isSent === undefined || connection.state === "open";
        const inspected = isOpen ? this.#connectionOf(connection) : this.#connections.get(connection);
        if (isSent === undefined || !inspected) return;
        const role = inspected.row.role as Side;
        const from = isSent ? role : role === "server" ? "client" : "server";
        this.#hub.message(inspected, from, () => contentOfFrame(connection, content));
    };
    readonly #onError = (message: unknown): void => {
        const { error, socket } = message as { error: Error; socket?: Socket };
        const code = codeOf(error);
        const id = this.#idOf(socket);
        this.#hub.problem({
            text: messageOf(error),
            ...(code !== undefined && { code }),
            ...(id !== undefined && { connection: id }),
        });
    };
    readonly #onInterrupt = (message: unknown): void => {
        const { error, socket } = message as { error?: Error; socket: Socket };
        const id = this.#idOf(socket);
        this.#hub.problem({
            code: "interrupted",
            text: error ? messageOf(error) : "the connection has lost its socket",
            ...(id !== undefined && { connection: id }),
        });
    };

    readonly #onConnect = (message: unknown): void => {
        track((message as { endpoint: LiveEndpoint }).endpoint);
    };

    constructor(hub: Hub) {
        this.#hub = hub;
        subscribe("sockhop:connect", this.#onConnect);
    }

    /** Subscribes, and adds the connections that are open. */
    start(): void {
        if (this.#delays) return;
        const hub = this.#hub;
        subscribe("sockhop:inspect", this.#onInspected);
        subscribe("sockhop:error", this.#onError);
        subscribe("sockhop:interrupt", this.#onInterrupt);
        const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
        delays.enable();
        this.#delays = delays;
        hub.onRefresh = () => {
            this.#refresh();
        };
        hub.members = clusterMembers;
        hub.readDelay = () => {
            const longest = delays.max / 1e6 - RESOLUTION_MS;
            delays.reset();
            return longest > 0 ? Math.round(longest * 10) / 10 : 0;
        };
        this.#refresh();
        hub.start();
    }

    /** Unsubscribes, and forgets all connections and messages. */
    stop(): void {
        if (!this.#delays) return;
        unsubscribe("sockhop:inspect", this.#onInspected);
        unsubscribe("sockhop:error", this.#onError);
        unsubscribe("sockhop:interrupt", this.#onInterrupt);
        this.#delays.disable();
        this.#delays = undefined;
        this.#connections.clear();
        this.#hub.onRefresh = undefined;
        this.#hub.stop();
        this.#hub.clear();
    }

    /** Stops, and notices no more clients and servers. */
    close(): void {
        unsubscribe("sockhop:connect", this.#onConnect);
        this.stop();
    }

    #idOf(socket: Socket | undefined): number | undefined {
        if (socket === undefined) return undefined;
        for (const [{ socket: own }, { id }] of this.#connections) if (own === socket) return id;
        return undefined;
    }

    /** Returns what the hub has of a connection, which is added if it is new. `undefined` if it is not usable. */
    #connectionOf(connection: LiveConnection): InspectedConnection | undefined {
        const known = this.#connections.get(connection);
        if (known || connection.state === "closed") return known;
        track(connection.endpoint);
        const inspected = this.#hub.opened(infoOf(connection));
        const { row } = inspected;
        const [own, other] = sidesOf(row.role as Side);
        row.messages[own] = connection.framesSent;
        row.messages[other] = connection.framesReceived;
        row.bytes[own] = connection.bytesSent;
        row.bytes[other] = connection.bytesReceived;
        this.#connections.set(connection, inspected);
        return inspected;
    }

    /** Reads the counters of all connections. */
    #refresh(): void {
        for (const endpoint of endpoints()) {
            for (const connection of endpoint._connections ?? []) {
                if (connection.state === "open") this.#connectionOf(connection);
            }
        }
        for (const [connection, inspected] of this.#connections) {
            this.#count(connection, inspected);
            if (connection.state !== "closed") continue;
            this.#connections.delete(connection);
            this.#hub.closed(inspected, connection.closeReason?.code);
        }
    }

    #count(connection: LiveConnection, inspected: InspectedConnection): void {
        const { row } = inspected;
        const role = row.role as Side;
        const peer = role === "server" ? "client" : "server";
        const [own, other] = sidesOf(role);
        const add = (from: Side, messages: number, bytes: number): void => {
            if (messages > 0) this.#hub.addMessages(inspected, from, messages);
            if (bytes > 0) this.#hub.addBytes(inspected, from, bytes);
        };
        add(role, connection.framesSent - row.messages[own], connection.bytesSent - row.bytes[own]);
        add(peer, connection.framesReceived - row.messages[other], connection.bytesReceived - row.bytes[other]);
        const { pending, buffered: waiting, codec, pings, resumption, isInterrupted } = connection;
        const roundTrip = pings?.roundTrip;
        inspected.set({
            pending,
            waiting,
            ...(codec !== undefined && { codec }),
            ...(roundTrip !== undefined && { roundTrip }),
            ...(resumption && { resumes: resumption.interruptions }),
            state: isInterrupted ? "interrupted" : "open",
        });
        const groups = groupsOf(connection);
        if (groups.length > 0 || row.groups) inspected.setGroups(groups);
    }
}

/** Servers of a cluster that are shown. */
const MAX_MEMBERS = 20;

/** Texts of the servers that the clusters of this process have; `undefined` without a cluster. */
function clusterMembers(): string[] | undefined {
    const texts: string[] = [];
    for (const endpoint of endpoints()) {
        const { cluster } = endpoint;
        const isCluster = Array.isArray((cluster as { members?: unknown } | undefined)?.members);
        if (!cluster || !isCluster) continue; // a program for 1.x may have a member of this name
        const { id, state, members } = cluster;
        for (const { id: member, clients, here } of members) {
            const name = (here ? (id ?? member) : member).slice(0, 8);
            texts.push(`${name} (${here ? `this server, ${state}` : `${clients} clients`})`);
        }
    }
    return texts.length > 0 ? texts.slice(0, MAX_MEMBERS) : undefined;
}

/** Groups that are shown of one connection. */
const MAX_GROUPS = 20;

function groupsOf(connection: LiveConnection): string[] {
    const groups = connection.endpoint._groupsOf?.(connection);
    if (!groups || groups.size === 0) return [];
    const shown: string[] = [];
    for (const group of groups) {
        if (shown.length === MAX_GROUPS) return [...shown, "…"];
        shown.push(group);
    }
    return shown;
}

function infoOf({ endpoint, socket, session, codec }: LiveConnection): ConnectionInfo {
    const name = session && typeName(session);
    return {
        role: roleOf(endpoint),
        peer: peerOf(socket),
        endpoint: addressOf(endpoint),
        ...(codec !== undefined && { codec }),
        ...(name !== undefined && name !== "SockhopSession" && { session: name }),
    };
}

/** Indexes of an end and of its peer in a count for each side. */
function sidesOf(role: Side): [own: 0 | 1, other: 0 | 1] {
    return role === "client" ? [0, 1] : [1, 0];
}

/** Content of what the channel has published. Never throws. */
function contentOfFrame(
    { endpoint }: LiveConnection,
    content: string | Message | InvalidMessage | undefined,
): TappedMessage {
    if (content === undefined) return { bytes: 0, kind: "message", text: "(sent in a frame of bytes)" };
    if (typeof content !== "string") {
        if (content.kind === "invalid") return { bytes: 0, kind: "invalid", error: content.fault };
        return { bytes: content.bytes, codec: "binary", ...contentOf(content) };
    }
    const { terminator = "\n", enveloped = true } = endpoint._objectBuffer?.json ?? {};
    const line = content.endsWith(terminator) ? content.slice(0, -terminator.length) : content;
    const bytes = Buffer.byteLength(line);
    if (line.length > MAX_PARSED) return { bytes, kind: "message", text: `${hideTokens(line.slice(0, MAX_START))}…` };
    return { bytes, ...parseFrame(line, !enveloped) };
}
