import { expect } from "chai";
import type { Engine } from "../../src/cluster/engine/Engine";
import type { ClusterMember, SockhopClient, SockhopError, SockhopServer } from "../../src";
import { until } from "../support/eventLoop";
import { client, later, placeOf, server } from "../support/pair";

/** Milliseconds between heartbeats in these tests. */
const HEARTBEAT = 50;

/** The same where a server must not be degraded: a broker on a busy computer can be late for three short ones. */
export const CALM_HEARTBEAT = 300;

/** Milliseconds between two values of a server that streams. */
const PACE_MS = 2;

/** Number `n` of the values of one server. */
interface Numbered {
    from: string;
    n: number;
    padding?: string;
}

/** Sent to the clients of a server when they have missed values of another one. */
interface Missed {
    from: string;
    missed: number;
}

/** What a client knows of one server. */
interface Row {
    /** Number of the last value that has arrived, or that was reported as missed. */
    last: number;
    arrived: number;
    told: number;
}

/**
 * Server of a cluster, with one client that checks the numbers of the values of all servers: each one arrives, or is told
 * as missed before the next one does. Those of its own server all arrive.
 */
export class NumberedServer {
    readonly server: SockhopServer;
    client!: SockhopClient;
    /** By id of the server. */
    readonly rows = new Map<string, Row>();
    readonly errors: Error[] = [];
    readonly degradations: SockhopError[] = [];
    readonly rejections = new Map<string, number>();
    id = "";
    sent = 0;
    #timer: NodeJS.Timeout | undefined;

    /** @param create - of another build of the library */
    constructor(engine: Engine, heartbeat = HEARTBEAT, create = server) {
        this.server = create({ cluster: { engine, heartbeat } });
        this.server.on("error", (error) => this.errors.push(error));
        this.cluster.on("degraded", (error) => this.degradations.push(error));
        this.cluster.on("missed", ({ id }: ClusterMember, count) => {
            const missed: Missed = { from: id, missed: count };
            void this.server.sendall(missed, { local: true });
        });
    }

    get cluster(): NonNullable<SockhopServer["cluster"]> {
        return this.server.cluster!;
    }

    /** Listens, and connects the client. */
    async start(): Promise<this> {
        await this.server.listen();
        this.id = this.cluster.id!;
        this.client = client(placeOf(this.server));
        this.client.on("receive", (value) => this.#onReceive(value as Numbered | Missed));
        await this.client.connect();
        await until(() => this.server.sessions.length === 1);
        return this;
    }

    /** Sends the next value to all clients of the cluster. Resolves to `undefined`, or to the code of the error. */
    async send(padding?: string): Promise<string | undefined> {
        const value: Numbered = { from: this.id, n: (this.sent += 1), ...(padding !== undefined && { padding }) };
        try {
            await this.server.sendall(value);
            return undefined;
        } catch (error) {
            const { code } = error as SockhopError;
            this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1);
            return code;
        }
    }

    /** Sends values until {@link halt}, or until the end of a test that fails. */
    stream(): void {
        later(() => this.halt());
        this.#timer = setInterval(() => {
            for (let n = 0; n < 3; n += 1) void this.send();
        }, PACE_MS);
    }

    halt(): void {
        clearInterval(this.#timer);
    }

    /** Sends one value, and waits until the own client has it, whatever the engine does. */
    async reachesOwnClient(): Promise<void> {
        void this.send();
        const { sent } = this;
        await until(() => (this.rows.get(this.id)?.last ?? 0) >= sent);
    }

    /** Waits until the values of another server arrive. */
    async hears({ id }: NumberedServer): Promise<void> {
        const { arrived = 0 } = this.rows.get(id) ?? {};
        await until(() => (this.rows.get(id)?.arrived ?? 0) > arrived);
    }

    joined(): Promise<void> {
        return until(() => this.cluster.state === "joined");
    }

    degraded(): Promise<void> {
        return until(() => this.cluster.state === "degraded");
    }

    told({ id }: NumberedServer): number {
        return this.rows.get(id)?.told ?? 0;
    }

    #onReceive(value: Numbered | Missed): void {
        const row = this.rows.get(value.from) ?? { last: 0, arrived: 0, told: 0 };
        this.rows.set(value.from, row);
        if ("missed" in value) {
            row.told += value.missed;
            row.last += value.missed;
            return;
        }
        // After a value that is not the next one, all others would be wrong, too.
        if (value.n !== row.last + 1) this.errors.push(new Error(`${value.n} comes after ${row.last}`));
        row.last = value.n;
        row.arrived += 1;
    }
}

/** Starts servers that stream when all know each other. Each one can have an engine of its own. */
export function stream(...engines: Engine[]): Promise<NumberedServer[]> {
    return streamAt(HEARTBEAT, ...engines);
}

/** The same with other heartbeats. */
export async function streamAt(heartbeat: number, ...engines: Engine[]): Promise<NumberedServer[]> {
    const servers: NumberedServer[] = [];
    for (const engine of engines) servers.push(await new NumberedServer(engine, heartbeat).start());
    await until(() => servers.every(({ cluster }) => cluster.members.length === servers.length));
    for (const each of servers) each.stream();
    for (const each of servers) for (const other of servers) await each.hears(other);
    return servers;
}

/** Waits until all servers are joined and have heard of all values. Told is what was lost, and nothing else went wrong. */
export async function settle(servers: readonly NumberedServer[]): Promise<void> {
    for (const each of servers) await each.joined();
    for (const each of servers) for (const other of servers) await each.hears(other);
    for (const each of servers) each.halt();
    const rows = servers.flatMap((each) => servers.map((other) => ({ row: each.rows.get(other.id)!, other })));
    await until(() => rows.every(({ row, other }) => row.last >= other.sent));
    for (const { row, other } of rows) expect(row.arrived + row.told, "arrived and told").to.equal(other.sent);
    for (const each of servers) {
        expect(each.errors.map(({ message }) => message)).to.deep.equal([]);
        expect(each.told(each), "told of the own server").to.equal(0);
        expect(each.cluster.stats.members).to.equal(servers.length);
    }
}
