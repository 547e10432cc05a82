import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import fc from "fast-check";
import { Cluster } from "../../../src/cluster/Cluster";
import { clusterSettings } from "../../../src/cluster/ClusterOptions";
import type { SockhopError } from "../../../src";
import { turns } from "../../support/eventLoop";
import { unhandled } from "../../support/rejections";
import { requestHost } from "../requestHost";
import { CONNECT_MODES, PUBLISH_MODES, SimulatedBroker, SimulatedEngine } from "../SimulatedBroker";

const SERVERS = 3;

/** Number of histories; more with `SOCKHOP_RUNS`. */
const RUNS = Number(process.env["SOCKHOP_RUNS"] ?? 80);

const CODES = new Set([
    ...["ERR_ABORTED", "ERR_BUFFER_FULL", "ERR_CLUSTER_DEGRADED", "ERR_MAX_PENDING", "ERR_NO_MEMBER"],
    ...["ERR_REQUEST_FAILED", "ERR_RESPONSE_TIMEOUT"],
]);

/** What handlers do with a request. */
const KINDS = ["echo", "late", "never", "fail", "leave", "ask"] as const;

const STEP = fc.oneof(
    {
        weight: 6,
        arbitrary: fc.record({
            do: fc.constant("ask"),
            to: fc.nat(SERVERS),
            type: fc.constantFrom(...KINDS),
            timeout: fc.constantFrom(50, 2000, Infinity),
        }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("all"), type: fc.constantFrom(...KINDS) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.integer({ min: 1, max: 3000 }) }) },
    {
        weight: 3,
        arbitrary: fc.record({
            do: fc.constantFrom("break", "deaf", "dumb", "slow", "heal", "leave", "join", "abort", "deliver"),
        }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("drop", "repeat", "reorder", "old") }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("connect"), mode: fc.constantFrom(...CONNECT_MODES) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("publish"), mode: fc.constantFrom(...PUBLISH_MODES) }) },
);

type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

const HISTORY = fc.array(fc.tuple(fc.nat(SERVERS - 1), STEP), { minLength: 1, maxLength: 30 });

/** Servers of the simulation, and all promises of their requests. */
class Simulation {
    readonly #clock = FakeTimers.install({
        toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    });
    readonly #broker = new SimulatedBroker();
    readonly #servers = Array.from({ length: SERVERS }, () => this.#create());
    #controller = new AbortController();
    /** Numbers of requests whose handler was called. */
    readonly #handled = new Map<number, number>();
    #asked = 0;
    unsettled = 0;

    #create(): { engine: SimulatedEngine; cluster: Cluster; id: string | undefined } {
        const engine = new SimulatedEngine(this.#broker);
        const host = { clients: 0, deliver: () => undefined, report: () => undefined };
        const settings = clusterSettings({ engine, max_pending: 30 })!;
        const cluster = new Cluster(settings, host, requestHost());
        cluster.on("degraded", () => undefined);
        const count = (n: number): void => void this.#handled.set(n, (this.#handled.get(n) ?? 0) + 1);
        const handlers: Record<(typeof KINDS)[number], (n: number) => unknown> = {
            echo: (n) => n,
            late: (n) => new Promise((resolve) => setTimeout(resolve, 700, n)),
            never: () => new Promise(() => undefined),
            fail: () => Promise.reject(new Error("fails")),
            leave: (n) => {
                void cluster.leave();
                return n;
            },
            ask: (n) => {
                void this.#watch(cluster.ask_all(0, { type: "echo", timeout: 100 }));
                return n;
            },
        };
        for (const [type, handler] of Object.entries(handlers)) {
            cluster.handle(type, (n: number) => {
                if (n > 0) count(n);
                return handler(n);
            });
        }
        return { engine, cluster, id: undefined };
    }

    async #watch(promise: Promise<unknown>, expected?: unknown): Promise<void> {
        this.unsettled += 1;
        try {
            const value = await promise;
            if (expected !== undefined) expect(value).to.equal(expected);
        } catch (error) {
            expect(CODES.has((error as SockhopError).code), String(error)).to.equal(true);
        } finally {
            this.unsettled -= 1;
        }
    }

    async run(index: number, step: Step): Promise<void> {
        const { engine, cluster } = this.#servers[index]!;
        const { signal } = this.#controller;
        if (step.do === "ask") {
            const { to, type, timeout } = step as { to: number; type: string; timeout: number };
            const id = this.#servers[to]?.cluster.id ?? "unknown";
            this.#asked += 1;
            void this.#watch(cluster.ask(id, this.#asked, { type, timeout, signal }), this.#asked);
        } else if (step.do === "all") {
            const { type } = step as { type: string };
            void this.#watch(cluster.ask_all(0, { type, signal }));
        } else if (step.do === "pass") await this.pass((step as { ms: number }).ms);
        else if (step.do === "break") engine.break();
        else if (step.do === "deaf") engine.isDeaf = true;
        else if (step.do === "dumb") engine.isDumb = true;
        else if (step.do === "slow") engine.isSlow = true;
        else if (step.do === "heal") engine.heal();
        else if (step.do === "leave") void cluster.leave();
        else if (step.do === "join") void cluster.join().catch(() => undefined);
        else if (step.do === "abort") {
            this.#controller.abort();
            this.#controller = new AbortController();
        } else if (step.do === "deliver") this.#broker.deliver();
        else if (step.do === "connect") engine.connectMode = (step as { mode: "ok" }).mode;
        else if (step.do === "publish") engine.publishMode = (step as { mode: "ok" }).mode;
        else engine.disturb(step.do);
    }

    async pass(ms: number): Promise<void> {
        for (let left = ms; left > 0; left -= 250) {
            this.#clock.tick(Math.min(left, 250));
            await turns(1);
            this.#broker.deliver();
            await turns(1);
        }
    }

    join(): void {
        for (const { cluster } of this.#servers) void cluster.join().catch(() => undefined);
    }

    /** Ends all, and checks that nothing is left. */
    async end(): Promise<void> {
        for (const { engine } of this.#servers) engine.heal();
        for (const { cluster } of this.#servers) void cluster.leave();
        await this.pass(4000);
        expect(this.unsettled).to.equal(0);
        for (const [n, count] of this.#handled) expect(count, `calls of the handler for ${n}`).to.equal(1);
        expect(this.#clock.countTimers()).to.equal(0);
    }

    uninstall(): void {
        this.#clock.uninstall();
    }
}

describe("Requests between servers on any engine", function () {
    this.timeout(120_000);

    it("settle once, are handled at most once, and leave no timer", async () => {
        const rejections = unhandled();
        await fc.assert(
            fc.asyncProperty(HISTORY, async (history) => {
                const simulation = new Simulation();
                try {
                    simulation.join();
                    await simulation.pass(1500);
                    for (const [index, step] of history) await simulation.run(index, step);
                    await simulation.end();
                } finally {
                    simulation.uninstall();
                }
            }),
            { numRuns: RUNS },
        );
        expect(rejections).to.deep.equal([]);
    });
});
