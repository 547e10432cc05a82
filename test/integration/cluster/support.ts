import { type Engine, type ServerOptions, type SockhopClient, type SockhopServer, memory_engine } from "../../../src";
import { until } from "../../support/eventLoop";
import { client, placeOf, server } from "../../support/pair";

/** Heartbeats of tests, in milliseconds. */
export const HEARTBEAT = 50;

/** Server of a cluster, and its client. */
export interface Served {
    s: SockhopServer;
    c: SockhopClient;
    /** Values that the client has received, and their types. */
    received: [unknown, string][];
}

/** Starts servers of one cluster, each with one client that has the same options. */
export async function cluster(...options: ServerOptions[]): Promise<Served[]> {
    const engine = memory_engine();
    const all: Served[] = [];
    for (const each of options) all.push(await serve(engine, each));
    await until(() => all.every(({ s }) => s.cluster!.members.length === all.length));
    return all;
}

/** Starts one server, and a client. */
export async function serve(engine: Engine, options: ServerOptions = {}, heartbeat = HEARTBEAT): Promise<Served> {
    const s = server({ cluster: { engine, heartbeat }, ...options });
    await s.listen();
    const c = client({ ...options, cluster: undefined, ...placeOf(s) } as object);
    const received: [unknown, string][] = [];
    c.on("receive", (value, { type }) => received.push([value, type]));
    await c.connect();
    await until(() => s.sessions.length === 1);
    return { s, c, received };
}

/** Waits until each client has received a value, and returns the values of each. */
export async function received(all: Served[], last: unknown): Promise<unknown[][]> {
    const values = (): unknown[][] => all.map((each) => each.received.map(([value]) => value));
    await until(() => values().every((each) => each.includes(last)));
    return values();
}

/** Engine that a test can break. */
export class BreakableEngine implements Engine {
    readonly name = "breakable";
    readonly #engine = memory_engine();
    /** What `connect()` does instead. */
    instead: (() => Promise<never>) | undefined;
    attempts = 0;
    readonly #losts = new Set<(error: Error) => void>();
    /** What `publish()` does instead. */
    publish: (() => Promise<unknown>) | undefined;

    async connect(...[topics, heard, lost]: Parameters<Engine["connect"]>): ReturnType<Engine["connect"]> {
        this.attempts += 1;
        if (this.instead) return this.instead();
        const link = await this.#engine.connect(topics, heard, lost);
        this.#losts.add(lost);
        return {
            limit: link.limit,
            publish: (topic, text) => this.publish?.() ?? link.publish(topic, text),
            close: () => {
                this.#losts.delete(lost);
                return link.close();
            },
        };
    }

    /** Ends all connections. */
    break(): void {
        for (const lost of [...this.#losts]) lost(new Error("read ECONNRESET"));
    }
}
