import type { Cluster } from "../../cluster/Cluster";
import type { ClusterResponses } from "../../cluster/requests/ClusterRequests";
import type { Connection } from "../../connection/Connection";
import { checkMethodOptions } from "../../diagnostics/unknownOptions";
import { checkSignal } from "../../replies/abortSignals";
import type { WaitOptions } from "../../replies/ReplyTimeout";
import { memberOf } from "../../runtime/thrownValues";
import { milliseconds } from "../../validators";
import { type SessionDirectory, memberIdOf } from "./SessionDirectory";

const COUNT = "sockhop:count";
const MEMBERS = "sockhop:members";

/** Maximum length of the id of a session, in characters. */
const MAX_ID_LENGTH = 60;

/** Number of sessions of a group. */
export interface GroupCount {
    /** Number on the servers that have responded, this one included. */
    clients: number;
    /** Ids of the servers that have not responded. */
    missing: string[];
}

/** Session of a group. */
export interface GroupMember {
    /** Id for `server.session()`. */
    id: string;
    /** Id of its server. */
    member: string;
}

/** Sessions of a group. */
export interface GroupMembers {
    /** Sessions of the servers that have responded, this one first. */
    sessions: GroupMember[];
    /** Ids of the servers that have not responded. */
    missing: string[];
}

/**
 * Server, for its {@link Presence}.
 *
 * @internal
 */
export interface PresenceServer {
    readonly directory: () => SessionDirectory;
    /** `undefined` without other servers. */
    cluster(): Cluster | undefined;
    connections(group: string): Connection[];
}

/**
 * Finds out which sessions of all servers are in a group, by a request to each: nothing is replicated.
 *
 * @internal
 */
export class Presence {
    readonly #server: PresenceServer;

    constructor(server: PresenceServer) {
        this.#server = server;
    }

    /** Responds to other servers. */
    serve(cluster: Cluster): void {
        cluster._requests.handle(COUNT, (data: unknown) => this.#connections(data).length);
        cluster._requests.handle(MEMBERS, (data: unknown) => this.#idsOf(this.#connections(data)));
    }

    async count(group: string, options: WaitOptions | null | undefined): Promise<GroupCount> {
        const own = this.#server.connections(group).length;
        const { answers, failures } = await this.#ask(COUNT, group, options);
        const missing = failures.map(({ member }) => member);
        let clients = own;
        for (const [id, count] of answers as Map<string, unknown>) {
            if (Number.isSafeInteger(count) && (count as number) >= 0) clients += count as number;
            else missing.push(id);
        }
        return { clients, missing };
    }

    async members(group: string, options: WaitOptions | null | undefined): Promise<GroupMembers> {
        const own = this.#idsOf(this.#server.connections(group));
        const { answers, failures } = await this.#ask(MEMBERS, group, options);
        const missing = failures.map(({ member }) => member);
        const sessions = own.map((id) => ({ id, member: memberIdOf(id) }));
        for (const [member, ids] of answers as Map<string, unknown>) {
            if (Array.isArray(ids) && ids.every(isSessionId)) for (const id of ids) sessions.push({ id, member });
            else missing.push(member);
        }
        return { sessions, missing };
    }

    async #ask(type: string, group: string, options: WaitOptions | null | undefined): Promise<ClusterResponses> {
        checkMethodOptions(options, ["timeout", "signal"], type.slice("sockhop:".length));
        const { timeout, signal } = options ?? {};
        checkSignal(signal);
        milliseconds("timeout", timeout, 0);
        const cluster = this.#server.cluster();
        if (!cluster) return { answers: new Map(), failures: [] };
        return cluster._requests.askAll({ group }, { timeout, signal, type });
    }

    #connections(data: unknown): Connection[] {
        const group = memberOf(data, "group");
        return typeof group === "string" ? this.#server.connections(group) : [];
    }

    #idsOf(connections: readonly Connection[]): string[] {
        const directory = this.#server.directory();
        return connections.map((connection) => directory.idOf(connection));
    }
}

function isSessionId(id: unknown): id is string {
    return typeof id === "string" && id.length <= MAX_ID_LENGTH;
}
