import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { soon, turn, until } from "./guard";
import { type Reaction, User, reactions } from "./reentry";
import { STEPS } from "./steps";
import { type Setting, Harness } from "./harness";

/** Delay after a step. Steps in the same tick and in separate ones have found different defects. */
const PAUSES: (() => unknown)[] = [
    ...[() => undefined, () => undefined, () => Promise.resolve()],
    ...[turn, turn, () => turn().then(turn), () => turn().then(turn).then(turn)],
    () => sleep(1),
];

/** Steps that open something; most others close it. */
const OFTEN = Object.keys(STEPS).filter(
    (name) => /listen|connect\(\)|ask|request|send|reconnect/.test(name) && !name.includes("disconnect"),
);

/** A setup and its steps: the step, its argument, the delay after it, and the behavior of user code. */
export type Program = [Setting, [step: string, argument: number, pause: number][], Reaction[]];

const settings: fc.Arbitrary<Setting> = fc.record({
    tcp: fc.nat(9).map((n) => n === 9 && process.platform === "linux"), // other systems have 127.0.0.1 only
    begin: fc.constantFrom<Setting["begin"][]>("idle", "listening", "connected", "connected"),
    auto_reconnect: fc.nat(3).map((n) => n === 3),
    deaf: fc.boolean(),
    unhandled: fc.nat(7).map((n) => n === 7),
    queue: fc.constantFrom<Setting["queue"][]>(
        undefined,
        true,
        { max_messages: 2 },
        { max_messages: 2, overflow: "drop-oldest" },
        { max_age: 2, overflow: "drop-newest", max_bytes: 300 },
    ),
    // Large enough for the calls and replies of the final ordinary exchange.
    limits: fc.record(
        {
            max_pending: fc.constant(3),
            max_buffered: fc.constant(400),
            slow_consumer: fc.constantFrom<NonNullable<Setting["limits"]["slow_consumer"]>[]>(
                "wait",
                "drop",
                "disconnect",
            ),
            frame_timeout: fc.constant(4),
            max_message_size: fc.constant(300),
        },
        { requiredKeys: [] },
    ),
    max_connections: fc.constantFrom(Infinity, Infinity, 2),
});

const steps = fc.array(
    fc.tuple(fc.constantFrom(...Object.keys(STEPS), ...OFTEN, ...OFTEN), fc.nat(7), fc.nat(PAUSES.length - 1)),
    { maxLength: 30, size: "max" },
);

/** Any steps at both ends, with passive user code. */
export const programs: fc.Arbitrary<Program> = fc.tuple(settings, steps, fc.constant([]));

/** The same with user code that takes further steps. */
export const reentries: fc.Arbitrary<Program> = fc.tuple(settings, steps, reactions);

/** Number of lifecycles so far. */
export const lived = { lifecycles: 0, reentry: 0, steps: 0, connections: 0 };

/** After any steps: every promise settles, the events are paired, no state remains, and both ends work as new. */
export async function lives([setting, steps, reactions]: Program): Promise<void> {
    const before = process.getActiveResourcesInfo();
    const harness = new Harness(setting);
    const user = new User(harness, reactions);
    const { client, server } = harness;
    try {
        // User code may close what was just opened.
        if (setting.begin !== "idle")
            await server.listen().catch((error: unknown) => harness.legal("s.listen()", error));
        if (setting.begin === "connected") {
            await client.connect().catch((error: unknown) => harness.legal("c.connect()", error));
        }
        for (const [name, argument, pause] of steps) {
            user.take(name, argument);
            harness.check();
            await PAUSES[pause]!();
        }
        user.end();
        await settle(harness);
        harness.start = harness.end = "at once";
        await worksAsNew(harness);
        await settle(harness);
    } finally {
        user.end();
        harness.clear();
        await Promise.all([client.disconnect(), server.close()]);
    }
    await until(
        () => surplus(before).length === 0,
        () => `handles that are left: ${surplus(before).join()}`,
    );
    if (reactions.length > 0) lived.reentry += 1;
    else lived.lifecycles += 1;
    lived.steps += steps.length;
    lived.connections += harness.connections;
}

/** Closes both ends, and waits for the outcome of all steps. */
async function settle(harness: Harness): Promise<void> {
    const { client, server } = harness;
    harness.settles("the last c.disconnect()", client.disconnect({ timeout: Infinity }), true);
    harness.settles("the last s.close()", server.close({ timeout: Infinity }), true);
    harness.clear();
    deepStrictEqual([client.connected, server.sockets.length], [false, 0], "connections after the end");
    await until(
        () => (harness.check(), harness.open.length === 0),
        () => `still to come: ${harness.open.join(", ")}`,
    );
    deepStrictEqual([client["_connections"].size, server["_connections"].size], [0, 0], "connections that are kept");
    strictEqual(client.socket ?? null, null, "client.socket");
}

async function worksAsNew({ client, server }: Harness): Promise<void> {
    const trip = async (): Promise<void> => {
        const accepted = new Promise((resolve) => server.once("connect", resolve));
        await server.listen();
        await client.connect();
        await accepted;
        const heard = new Promise((resolve) => client.once("receive", resolve));
        await server.sendall("hello");
        strictEqual(await heard, "hello");
        strictEqual(await new Promise((resolve) => void client.send("x", resolve)), "answer");
    };
    await soon(trip(), () => "they do not work as new");
}

/** Resources that keep the process alive and were not there before. */
function surplus(before: readonly string[]): string[] {
    const known = [...before];
    return process.getActiveResourcesInfo().filter((resource) => {
        const at = known.indexOf(resource);
        if (at !== -1) known.splice(at, 1);
        return at === -1;
    });
}
