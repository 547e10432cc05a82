import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { soon, turn, until } from "./guard";
import { type Reaction, User, reactions } from "./reentry";
import { STEPS } from "./steps";
import { type Setting, Harness } from "./harness";

/** What can pass after a step. Steps in one turn, and in turns of their own, have shown different faults. */
const PAUSES: (() => unknown)[] = [
    ...[() => undefined, () => undefined, () => Promise.resolve()],
    ...[turn, turn, () => turn().then(turn), () => turn().then(turn).then(turn)],
    () => sleep(1),
];

/** Steps that build something up; most others tear it down. */
const OFTEN = Object.keys(STEPS).filter(
    (name) => /listen|connect\(\)|ask|request|send|reconnect/.test(name) && !name.includes("disconnect"),
);

/** A setting and what happens in it: which step, with which argument, and what passes after it; and what user code does. */
export type Program = [Setting, [step: string, argument: number, pause: number][], Reaction[]];

const settings: fc.Arbitrary<Setting> = fc.record({
    tcp: fc.nat(9).map((n) => n === 9 && process.platform === "linux"), // elsewhere 127.0.0.1 is the only one
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
    // Questions and answers of the last, ordinary conversation fit.
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

/** Whatever happens to both ends, with user code that only listens. */
export const programs: fc.Arbitrary<Program> = fc.tuple(settings, steps, fc.constant([]));

/** The same with user code that does something in the middle of it. */
export const reentries: fc.Arbitrary<Program> = fc.tuple(settings, steps, reactions);

/** How many lifecycles there have been. */
export const lived = { lifecycles: 0, reentry: 0, steps: 0, connections: 0 };

/** How long anything may take, in milliseconds: far more than the limits of a harness, for a busy machine. */
const PATIENCE = 4000;

/** Whatever is done to them: every promise settles, the events pair, nothing is kept, and they work as new. */
export async function lives([setting, steps, reactions]: Program): Promise<void> {
    const before = process.getActiveResourcesInfo();
    const harness = new Harness(setting);
    const user = new User(harness, reactions);
    const { client, server } = harness;
    try {
        // User code may end what has just begun.
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
        PATIENCE,
    );
    if (reactions.length > 0) lived.reentry += 1;
    else lived.lifecycles += 1;
    lived.steps += steps.length;
    lived.connections += harness.connections;
}

/** Ends both, and waits for all that is to come of what has been done. */
async function settle(harness: Harness): Promise<void> {
    const { client, server } = harness;
    harness.settles("the last c.disconnect()", client.disconnect(), true);
    harness.settles("the last s.close()", server.close(), true);
    harness.clear();
    deepStrictEqual([client.connected, server.sockets.length], [false, 0], "connections after the end");
    await until(
        () => (harness.check(), harness.open.length === 0),
        () => `still to come: ${harness.open.join(", ")}`,
        PATIENCE,
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
    await soon(trip(), () => "they do not work as new", PATIENCE);
}

/** What keeps the process alive now, and did not before. */
function surplus(before: readonly string[]): string[] {
    const known = [...before];
    return process.getActiveResourcesInfo().filter((resource) => {
        const at = known.indexOf(resource);
        if (at !== -1) known.splice(at, 1);
        return at === -1;
    });
}
