import type { Cluster } from "../../cluster/Cluster";
import type { ClusterRequestOptions } from "../../cluster/requests/ClusterRequests";
import { unknownMemberError } from "../../cluster/Members";
import type { Connection } from "../../connection/Connection";
import type { EndOptions } from "../../connection/GracefulClose";
import type { RequestOptions } from "../../mixins/Requests";
import { failureOf, toFailure } from "../../replies/responses/failure";
import { loadCrypto } from "../../runtime/builtins";
import { memberOf } from "../../runtime/thrownValues";
import { SockhopError, type SockhopErrorCode, isSockhopError, notConnectedError } from "../../SockhopError";
import { handledRejection, markHandled } from "../../timers/promises";
import { MAX_TIMEOUT } from "../../validators";
import type { ClusterValues } from "./ClusterValues";
import { readOperation } from "./sessionOperation";

/** Type of the requests of this file. */
const TYPE = "sockhop:session";

/** Number of ids of this server that sessions are searched with. */
const MAX_OWN_IDS = 10;

/** Codes of errors of a session that its server reports. Others become `ERR_REQUEST_FAILED`. */
const SESSION_CODES: ReadonlySet<string> = new Set<SockhopErrorCode>([
    ...(["ERR_ABORTED", "ERR_BAD_DATA", "ERR_BAD_OPTION", "ERR_BUFFER_FULL", "ERR_MAX_PENDING"] as const),
    ...(["ERR_MESSAGE_TOO_LARGE", "ERR_OBJECTBUFFER_BAD_OBJECT", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA"] as const),
    ...(["ERR_REQUEST_TYPE", "ERR_REQUEST_UNHANDLED", "ERR_RESPONSE_END", "ERR_RESPONSE_TIMEOUT"] as const),
    "ERR_SOCKET_DESTROYED",
]);

/**
 * Server, for its {@link SessionDirectory}.
 *
 * @internal
 */
export interface DirectoryServer {
    readonly values: ClusterValues;
    /** `undefined` without other servers. */
    cluster(): Cluster | undefined;
    /** False for a server of peers without types. */
    readonly hasTypes: boolean;
    send(connection: Connection, value: unknown, type: string | undefined): Promise<void>;
    ask(connection: Connection, value: unknown, options: RequestOptions): Promise<unknown>;
    kill(connection: Connection, options: EndOptions): Promise<void>;
}

/**
 * Finds sessions by their ids, here and on other servers. Only sessions whose id was read are in it.
 *
 * @internal
 */
export class SessionDirectory {
    readonly #server: DirectoryServer;
    /** By the number in the ids of their sessions. */
    readonly #connections = new Map<string, Connection>();
    /** Number of the last session. */
    #last = 0;
    /** Ids of this server in its cluster, the newest last. Without a cluster the only one is random. */
    readonly #ownIds: string[] = [];

    constructor(server: DirectoryServer) {
        this.#server = server;
    }

    /** Answers requests of other servers for sessions of this one. */
    serve(cluster: Cluster): void {
        cluster._requests.handle(TYPE, async (data: unknown, { signal }) => {
            try {
                const result = await this.#perform(data, signal);
                return result === undefined ? {} : { data: result };
            } catch (thrown) {
                // Its caller gets the error, so this server does not report it.
                return { failure: isSockhopError(thrown) ? failureToSend(thrown) : toFailure(thrown) };
            }
        });
    }

    /**
     * Id of the session of a connection, created at the first call. When this server has joined the cluster with another id, an open
     * session gets another one, too: no other server finds the old one any more.
     */
    idOf(connection: Connection): string {
        const { sessionId: known, state } = connection;
        if (known !== undefined && (state === "closed" || memberIdOf(known) === this.#ownId())) return known;
        const number = known === undefined ? String((this.#last += 1)) : numberOf(known);
        const id = `${this.#ownId()}.${number}`;
        connection.sessionId = id;
        if (state !== "closed") this.#connections.set(number, connection);
        return id;
    }

    delete({ sessionId }: Connection): void {
        if (sessionId !== undefined) this.#connections.delete(numberOf(sessionId));
    }

    send(id: string, value: unknown, type: string | undefined): Promise<void> {
        const connection = this.#find(id);
        if (connection) return this.#server.send(connection, value, type);
        return this.#request(id, () => ({
            do: "send",
            id,
            value: this.#server.values.encode(value, type),
        })) as Promise<void>;
    }

    ask(id: string, value: unknown, options: RequestOptions): Promise<unknown> {
        const connection = this.#find(id);
        if (connection) return this.#server.ask(connection, value, options);
        const { type, timeout, signal } = options;
        const given = value === undefined ? {} : value;
        const operation = (): object => {
            return { do: "ask", id, value: this.#server.values.encode(given, type || undefined), ...limitOf(timeout) };
        };
        return this.#request(id, operation, { timeout, signal });
    }

    kill(id: string, { timeout, drain }: EndOptions): Promise<void> {
        const connection = this.#find(id);
        if (connection) return this.#server.kill(connection, { timeout, drain });
        if (this.#ownIds.includes(memberIdOf(id))) return Promise.resolve();
        return this.#request(id, () => ({
            do: "kill",
            id,
            drain: drain === true,
            ...limitOf(timeout),
        })) as Promise<void>;
    }

    /**
     * Sends an operation to the server of a session. A session may end at any time, so a rejection that reports it needs no
     * handler.
     *
     * @param operation - encodes the value of the program
     */
    #request(id: string, operation: () => object, options: ClusterRequestOptions = {}): Promise<unknown> {
        const member = memberIdOf(id);
        const sent = operation();
        if (this.#ownIds.includes(member)) return handledRejection(endedError());
        const cluster = this.#server.cluster();
        if (!cluster) return handledRejection(unknownMemberError(member, "is not in the cluster"));
        return markHandled(readResponse(cluster._requests.ask(member, sent, { ...options, type: TYPE })));
    }

    /** Performs an operation that another server asks for. It can be any value. */
    async #perform(data: unknown, signal: AbortSignal): Promise<unknown> {
        const { kind, id, line, timeout, drain } = readOperation(data);
        const connection = this.#find(id);
        if (!connection) {
            if (kind === "kill") return undefined; // it has no effect on a closed connection here, too
            throw endedError();
        }
        if (kind === "kill") {
            await this.#server.kill(connection, { timeout, drain });
            return undefined;
        }
        const message = this.#server.values.messageOf(line).decode(); // for the client, not for this server
        const type = this.#server.hasTypes ? message.type : undefined;
        if (kind === "ask") return this.#server.ask(connection, message.data, { type, timeout, signal });
        await this.#server.send(connection, message.data, type);
        return undefined;
    }

    /** Finds the open session of an id, also of an old one. */
    #find(id: string): Connection | undefined {
        return this.#ownIds.includes(memberIdOf(id)) ? this.#connections.get(numberOf(id)) : undefined;
    }

    /** Id of this server. It remains after the server has left the cluster. */
    #ownId(): string {
        const id = this.#server.cluster()?.id ?? this.#ownIds.at(-1) ?? loadCrypto().randomBytes(6).toString("hex");
        if (this.#ownIds.at(-1) !== id) this.#ownIds.push(id);
        if (this.#ownIds.length > MAX_OWN_IDS) this.#ownIds.shift();
        return id;
    }
}

/** Timeout for another server, whose default would be used without it. JSON has no `Infinity`. */
function limitOf(timeout: number | undefined): { timeout?: number } {
    return typeof timeout === "number" ? { timeout: Math.min(timeout, MAX_TIMEOUT) } : {};
}

/** Id of the server of a session. */
export function memberIdOf(sessionId: string): string {
    return sessionId.slice(0, Math.max(sessionId.lastIndexOf("."), 0));
}

function numberOf(sessionId: string): string {
    return sessionId.slice(sessionId.lastIndexOf(".") + 1);
}

/** Resolves to the data that the server of a session has sent. */
async function readResponse(responded: Promise<unknown>): Promise<unknown> {
    const response = await responded;
    const failure = memberOf(response, "failure");
    if (failure) throw errorOf(failure);
    return memberOf(response, "data");
}

function endedError(): SockhopError {
    return notConnectedError(undefined, "The message was not sent: the session has ended");
}

function failureToSend({ code, message, remote }: SockhopError): object {
    return { code, message, ...(remote && { remote }) };
}

/** Error that the server of a session has sent. It can be any value. */
function errorOf(failure: unknown): SockhopError {
    const error = failureOf(failure);
    const code = memberOf(failure, "code");
    const isOfSession = typeof code === "string" && SESSION_CODES.has(code);
    return isOfSession ? new SockhopError(error.message, code as SockhopErrorCode) : error;
}
