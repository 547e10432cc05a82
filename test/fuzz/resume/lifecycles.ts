import FakeTimers from "@sinonjs/fake-timers";
import { strictEqual } from "node:assert";
import fc from "fast-check";
import { turn } from "../guard";
import { thrown } from "../values";
import { STEPS } from "./steps";
import { type Setting, TIMEOUT, World } from "./World";

/** Delay after a step: none, some turns of the event loop, or until the network is quiet. */
const PAUSES: ((world: World) => unknown)[] = [
    () => undefined,
    () => Promise.resolve(),
    turn,
    () => turn().then(turn).then(turn),
    ({ network, setting }) => network.run(setting.piece, 40),
    ({ network, setting }) => network.run(setting.piece, 40),
    ({ network }) => network.run(),
    ({ network, clock }) => {
        clock.tick(20);
        return network.run();
    },
];

/** A setup, its steps, and what code of the program does when it runs. */
export type ResumeProgram = [
    Setting,
    [step: string, argument: number, pause: number][],
    [place: string, step: string, argument: number][],
];

const settings: fc.Arbitrary<Setting> = fc.record({
    codecs: fc.constantFrom<Setting["codecs"][]>(
        ["binary", "binary"],
        ["binary", "binary"],
        [undefined, undefined],
        [undefined, undefined],
        ["binary", undefined],
    ),
    resume: fc.constantFrom<Setting["resume"][]>({}, {}, { max_messages: 3 }, { max_bytes: 300 }),
    limits: fc.constantFrom<Setting["limits"][]>(
        {},
        {},
        {},
        { max_buffered: 2000, slow_consumer: "wait" },
        { max_buffered: 2000, slow_consumer: "drop" },
        { max_buffered: 2000, slow_consumer: "disconnect" },
    ),
    auto_reconnect: fc.boolean(),
    queue: fc.nat(3).map((n) => n === 3),
    ping: fc.nat(3).map((n) => n === 3),
    loops: fc.constantFrom<Setting["loops"][]>("none", "fast", "fast", "slow"),
    agreed: fc.nat(3).map((n) => n > 0),
    piece: fc.constantFrom(3, 30, 200, Infinity),
});

const NAMES = Object.keys(STEPS);
/** Steps that end a connection for good are rarer, and those that send much. */
const OFTEN = NAMES.filter((name) => !/close|disconnect|kill|manner|reception|large|flood/.test(name));
const SENDS = NAMES.filter((name) => /send|burst|call|ask|request|mix/.test(name));
const BREAKS = NAMES.filter((name) => /destroy|cut|socket|bytes/.test(name));

/** Large values need memory that is used again while earlier ones are on their way, so they come together. */
const LARGE = [
    ...["c.large", "s.large", "c.large", "s.large", "cut", "bytes to the server", "bytes to the client", "time"],
    ...["cut for the client", "c.socket.destroy", "s.socket.destroy", "c.send", "s.mix", "c.flush", "s.sendall"],
];

const steps = (names: readonly string[], maxLength: number): fc.Arbitrary<ResumeProgram[1]> =>
    fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(7), fc.nat(PAUSES.length - 1)), { maxLength, size: "max" });

const PLACES = ["receive", "request", "reply", "failed", "interrupted", "resumed", "disconnect", "connect", "resume()"];
const REACTIONS = [
    ...["c.send", "s.send", "c.mix", "s.mix", "c.burst", "s.burst", "c.socket.destroy", "s.socket.destroy"],
    ...["cut", "throw", "throw", "c.flush", "s.flush", "c.close", "s.close", "s.disconnect"],
];
const reactions = fc.array(fc.tuple(fc.constantFrom(...PLACES), fc.constantFrom(...REACTIONS), fc.nat(7)), {
    maxLength: 4,
});

const ANY_STEP = [...NAMES, ...OFTEN, ...OFTEN, ...SENDS, ...BREAKS, ...BREAKS];

export const resumePrograms: fc.Arbitrary<ResumeProgram> = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(settings, steps(ANY_STEP, 30), reactions) },
    { weight: 1, arbitrary: fc.tuple(settings, steps(LARGE, 15), reactions) },
);

/** Counts so far. */
export const resumedTotals = { resume: 0, resumed: 0 };

/** Whatever happens to the sockets: each message once, in order and whole; every promise settles; nothing is left. */
export async function resumes([setting, program, reactions]: ResumeProgram): Promise<void> {
    const clock = FakeTimers.install({
        toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    });
    const world = new World(setting, clock);
    const { client, network } = world;
    try {
        react(world, reactions);
        client.connect().catch(() => undefined);
        client.auto_reconnect = setting.auto_reconnect;
        if (setting.agreed) await network.run();
        for (const [name, argument, pause] of program) {
            STEPS[name]!(world, argument);
            world.check();
            await PAUSES[pause]!(world);
            world.check();
        }
        await calm(world);
        await end(world);
        world.checkAll();
        strictEqual(clock.countTimers(), 0, "timers that are left");
        for (const { client: near, server: far } of network.cables)
            strictEqual(near.destroyed && far.destroyed, true, "sockets that are left");
        resumedTotals.resume += 1;
        resumedTotals.resumed += world.resumed;
    } finally {
        world.react = () => undefined;
        world.gate.end();
        client.auto_reconnect = false;
        void client.disconnect({ timeout: 0 });
        for (const server of world.servers) void server.close({ timeout: 0 });
        await turn();
        network.restore();
        clock.uninstall();
    }
}

/** Each reaction happens once. */
function react(world: World, reactions: readonly [string, string, number][]): void {
    const left = [...reactions];
    world.react = (place) => {
        const index = left.findIndex(([at]) => at === place);
        if (index === -1) return;
        const [[, step, argument]] = left.splice(index, 1) as [[string, string, number]];
        if (step === "throw") throw thrown(argument);
        STEPS[step]!(world, argument);
    };
}

/** Lets everything work again, and time pass. Then what was sent over a connection that lives has arrived. */
async function calm(world: World): Promise<void> {
    const { network, client, server } = world;
    world.react = () => undefined;
    world.manner = "allow";
    world.gate.end();
    network.receive("accept");
    for (const { client: near, server: far } of network.cables) {
        // As the systems notice in the end.
        for (const socket of [near, far].filter(({ isPartitioned }) => isPartitioned)) {
            socket.isPartitioned = false;
            socket.reset();
        }
    }
    await pass(world, 3 * TIMEOUT);
    world.check();
    const { epoch, isOpen } = world;
    const sessions = server.sessions.map((session) => ({ session, flushed: watch(session.flush()) }));
    const flushed = client.connected ? watch(client.flush()) : undefined;
    await pass(world, 300);
    if (flushed) strictEqual(flushed.outcome, "resolved", "flush() of the client");
    for (const { flushed: each } of sessions) strictEqual(each.outcome, "resolved", "flush() of a session");
    if (isOpen && world.epoch === epoch && client.connected && client.resumable) {
        world.toServer.assertComplete(epoch);
        strictEqual(client.stats.unacknowledged, 0, "unacknowledged");
        strictEqual(client.stats.kept, 0, "kept");
    }
    for (const { session } of sessions) {
        if (session.resumable) world.toClient.assertComplete((session as unknown as { id: number }).id);
    }
}

async function end(world: World): Promise<void> {
    const { client, servers } = world;
    client.auto_reconnect = false;
    world.track("the last disconnect()", client.disconnect());
    for (const server of servers) world.track("the last close()", server.close());
    strictEqual(client.connected, false, "connected");
    await pass(world, 200);
    if (world.pending.length > 0) await pass(world, 7000, 500);
    strictEqual(world.pending.join(), "", "pending");
    for (const each of [client, ...servers]) strictEqual(each["_connections"].size, 0, "connections that are left");
}

/** Lets virtual time pass, and the network work. */
async function pass({ clock, network }: World, time: number, step = 50): Promise<void> {
    for (let passed = 0; passed < time; passed += step) {
        await network.run();
        clock.tick(step);
    }
    await network.run();
}

function watch(promise: Promise<void>): { outcome: unknown } {
    const watched: { outcome: unknown } = { outcome: "pending" };
    promise.then(
        () => (watched.outcome = "resolved"),
        (error: unknown) => (watched.outcome = error),
    );
    return watched;
}
