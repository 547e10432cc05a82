import { isPlain, warnUnknownOptions } from "../../diagnostics/unknownOptions";
import type { SockhopOptions } from "../../endpoint/options";
import { amend } from "../../runtime/CallSite";
import { messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import { type Address, addressOptions } from "../../transport/Address";
import { isBacklogFull, targetOf } from "../../transport/connectError";
import { isMissing } from "../../validators";
import { isPermanent } from "./ConnectWait";

/** One server of the option `servers`: a port of an address, a path, or a name. */
export interface ServerAddress {
    /**
     * IP address or host name.
     *
     * @default "127.0.0.1"
     */
    address?: string | undefined;
    /**
     * TCP port, from 1 to 65535.
     *
     * @default 50000
     */
    port?: number | undefined;
    /** Path of a Unix domain socket. Not with `address`, `port` or `name`. */
    path?: string | undefined;
    /** Name instead of a path: see {@link path_of}. Not with `address`, `port` or `path`. */
    name?: string | undefined;
    /** With TLS: name that the certificate of this server must have, instead of `servername` of `ssl_options`. */
    servername?: string | undefined;
}

const NAMES = ["address", "port", "path", "name", "servername"];

/** Options that one server has instead. */
const REPLACED = ["path", "name", "address", "port"] as const;

/** Number of servers that an error lists. */
const MAX_LISTED = 10;

/** Validated {@link ServerAddress}. */
interface Server extends Address {
    readonly servername: string | undefined;
}

/**
 * Servers that a client tries one after the other, in an order that is chosen once. A round tries each of them: it begins
 * with a call of `connect()`, and with the loss of a connection.
 */
export class ServerList {
    readonly #servers: readonly Server[];
    /** Client, whose address is that of the current server. */
    readonly #client: Address;
    #index = 0;
    /** Servers that have failed in this round. */
    #tried: string[] = [];
    /** Error of this round. */
    #error: Error | undefined;
    /** Server of this round whose backlog was full. It is tried again when the others have failed. */
    #busy: Server | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` */
    constructor(servers: readonly ServerAddress[], client: Address) {
        if (!Array.isArray(servers) || servers.length === 0)
            throw optionError("servers must be an array, and not empty");
        this.#servers = shuffled(Array.from(servers, checkServer));
        this.#client = client;
        this.#goTo(0);
    }

    /** Server that is tried now, or next. */
    get current(): Server {
        return this.#servers[this.#index] as Server;
    }

    /** True if all other servers have failed in this round. */
    get isLast(): boolean {
        return this.#tried.length === this.#servers.length - 1;
    }

    /** Addresses of the servers, for messages. */
    get description(): string {
        return listed(this.#servers.map(targetOf));
    }

    /** Begins a round, with the current server or another one. */
    begin(server = this.current): void {
        this.#tried = [];
        this.#error = this.#busy = undefined;
        this.#goTo(this.#servers.indexOf(server));
    }

    /**
     * Goes on to the next server.
     *
     * @param error - cause, if the client could not connect
     * @returns false if each was tried in this round, and none was busy
     */
    next(error?: Error): boolean {
        if (isBacklogFull(error)) this.#busy ??= this.current;
        this.#tried.push(targetOf(this.current));
        // A mistake that no further attempt can mend is one of this server, while another one may only be away.
        const isWorse = error && isPermanent(error) && this.#error && !isPermanent(this.#error);
        if (error && !isWorse) this.#error = error;
        this.#goTo((this.#index + 1) % this.#servers.length);
        return this.#tried.length < this.#servers.length || this.#goToBusy();
    }

    /** Goes back to a server whose backlog was full, as the last one of the round. */
    #goToBusy(): boolean {
        const busy = this.#busy;
        if (!busy) return false;
        this.#busy = undefined;
        this.#tried.splice(this.#tried.indexOf(targetOf(busy)), 1);
        this.#goTo(this.#servers.indexOf(busy));
        return true;
    }

    /**
     * Ends a round in which each server has failed.
     *
     * @returns the last error, with the servers in its message
     */
    end(): Error | undefined {
        const error = this.#error;
        const count = this.#tried.length;
        if (error && count > 1) amend(error, `${messageOf(error)} (tried ${count} servers: ${listed(this.#tried)})`);
        this.begin();
        return error;
    }

    #goTo(index: number): void {
        this.#index = index;
        const { path, address, port } = this.current;
        Object.assign(this.#client, { path, address, port });
    }
}

/**
 * Validates the option `servers`.
 *
 * @param client - gets the address of the first server
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function serverList(
    options: Pick<SockhopOptions, (typeof REPLACED)[number]> & { servers?: readonly ServerAddress[] | undefined },
    client: Address,
): ServerList | undefined {
    const { servers } = options;
    if (isMissing(servers)) return undefined;
    const other = REPLACED.find((name) => !isMissing(options[name]));
    if (other !== undefined) throw optionError(`servers and ${other} exclude each other: name each server in servers`);
    return new ServerList(servers, client);
}

function checkServer(server: unknown, index: number): Server {
    const name = `servers[${index}]`;
    if (typeof server !== "object" || server === null || !isPlain(server)) {
        throw optionError(`${name} must be an object: { address, port }, { path } or { name }`);
    }
    warnUnknownOptions(server, NAMES, "servers");
    const { path, name: socketName, address, port, servername } = server as Partial<Record<string, unknown>>;
    const kinds = [path, socketName, address ?? port].filter((value) => !isMissing(value));
    if (kinds.length !== 1) throw optionError(`${name} must have either address and port, or path, or name`);
    for (const text of [path, address, servername]) {
        if (isMissing(text) || (typeof text === "string" && text !== "")) continue;
        throw optionError(`path, address and servername of ${name} must be strings, and not empty`);
    }
    const result = addressOptions({ ...(server as ServerAddress) }, true);
    if (result.port === 0) throw optionError(`port of ${name} must be an integer from 1 to 65535`);
    return { ...result, servername: (servername as string | null | undefined) ?? undefined };
}

/** Returns the values in a random order (Fisher and Yates). */
function shuffled<T>(values: readonly T[]): T[] {
    const result = [...values];
    for (let last = result.length - 1; last > 0; last--) {
        const index = Math.floor(Math.random() * (last + 1));
        [result[last], result[index]] = [result[index] as T, result[last] as T];
    }
    return result;
}

function listed(targets: readonly string[]): string {
    const more = targets.length - MAX_LISTED;
    return targets.slice(0, MAX_LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function optionError(message: string): SockhopError {
    return new SockhopError(message, "ERR_BAD_OPTION");
}
