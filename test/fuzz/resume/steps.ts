import type { EndOptions, SockhopResponseReadableStream, SockhopSession } from "../../../src";
import type { Item } from "./Ledger";
import type { Reception } from "./Network";
import type { SimulatedSocket } from "./SimulatedSocket";
import { type Large, type Value, largeOf } from "./values";
import type { Manner, World } from "./World";

/** Sizes of messages; the last is longer than what is written early in a tick. */
const SIZES = [1, 1, 20, 20, 60, 200, 900, 3000];
const TIMES = [1, 10, 30, 100, 101, 200, 390, 1500];
const PIECES = [1, 2, 5, 13, 40, 120, 400, Infinity];
const CLOSINGS: (EndOptions | undefined)[] = [
    undefined,
    { timeout: 0 },
    { timeout: 50 },
    { drain: true, timeout: 100 },
];

/** One step of a program or of the network. */
type Step = (world: World, argument: number) => void;

/** End of a connection that sends: the client, or one of the sessions. */
type End = "c" | SockhopSession;

function closingOf({ toClient, toServer }: World, argument: number): EndOptions | undefined {
    const options = CLOSINGS[argument & 3];
    if (options?.drain) toClient.refusesRequests = toServer.refusesRequests = true;
    return options;
}

function sessionOf({ server }: World, argument: number): SockhopSession | undefined {
    const { sessions } = server;
    return sessions[argument % Math.max(1, sessions.length)];
}

function transmit(world: World, end: End, argument: number, large?: Large): void {
    const [value, item] = world.valueOf(end, SIZES[argument]!, large);
    const sent = end === "c" ? world.client.send(value) : end.send(value);
    overwrite(value);
    world.track("send", sent, item, claimOf(world, end, item));
}

function call(world: World, end: End, argument: number, large?: Large): void {
    const [value, item] = world.valueOf(end, SIZES[argument]!, large);
    const [callback, failed] = world.reply("call", value);
    const claim = claimOf(world, end, item);
    const onFailed = (error: unknown): void => {
        world.toServer.reject(item, error as object);
        claim(error);
        failed(error);
    };
    const sent =
        end === "c"
            ? world.client.send(value, callback, { failed: onFailed })
            : end.send(value, callback, { failed: onFailed });
    overwrite(value);
    world.track("send of a call", sent);
}

function ask(world: World, end: End, argument: number, large?: Large): void {
    const [value, item] = world.valueOf(end, SIZES[argument]!, large);
    item.isRequest = true;
    const asked = (end === "c" ? world.client.ask(value) : end.ask(value)) as Promise<unknown>;
    overwrite(value);
    const checked = asked.then((data) => {
        world.answered("ask", data, value.n, large);
    });
    world.track("ask", checked, item, claimOf(world, end, item));
}

function stream(world: World, end: End, argument: number, large?: Large): void {
    const [value, item] = world.valueOf(end, SIZES[argument]!, large);
    value.text = `s${value.text}`;
    item.isRequest = true;
    const requested = (end === "c" ? world.client.request(value) : end.request(value)) as Promise<
        SockhopResponseReadableStream<unknown>
    >;
    overwrite(value);
    const read = async (): Promise<void> => {
        let next = 0;
        for await (const { data } of await requested) {
            const { re, i } = data as { re: number; i: number };
            world.answered("stream", data, value.n, large);
            if (re !== value.n || i !== next) world.fault(`packet ${i} of ${re} comes for ${next} of ${value.n}`);
            next += 1;
        }
        if (next !== 4) world.fault(`a response has ended with ${next} packets`);
    };
    world.track("stream", read(), item, claimOf(world, end, item));
}

/** A value is encoded during the call: the program may use its bytes for something else. */
function overwrite({ content }: Value): void {
    if (Buffer.isBuffer(content)) content.fill(0);
}

/** Sends large values, in every way. */
function transmitLarge(world: World, end: End, argument: number): void {
    const large = largeOf(argument);
    const ways = [transmit, transmit, call, ask, stream];
    ways[argument % ways.length]!(world, end, 0, large);
    if (argument < 5) return;
    transmit(world, end, 1);
    transmit(world, end, 2, { kind: "bytes", size: 150_000 });
}

/** A rejection has the number of unacknowledged messages, too. */
function claimOf(world: World, end: End, { origin }: Item): (error: unknown) => void {
    const ledger = end === "c" ? world.toServer : world.toClient;
    return (error) => {
        if (origin !== undefined) world.claim(ledger, origin, error);
    };
}

/** The same step for a client and for a session. */
function both(name: string, step: (world: World, end: End, argument: number) => void): Record<string, Step> {
    return {
        [`c.${name}`]: (world, argument) => {
            step(world, "c", argument);
        },
        [`s.${name}`]: (world, argument) => {
            const session = sessionOf(world, argument);
            if (session) step(world, session, argument);
        },
    };
}

function socketsOf(world: World, argument: number): SimulatedSocket[] {
    const cable = world.network.cables.at(-1 - (argument & 1));
    return cable ? [cable.client, cable.server] : [];
}

export const STEPS: Record<string, Step> = {
    ...both("send", transmit),
    ...both("burst", (world, end, argument) => {
        for (let n = 0; n < 6; n++) transmit(world, end, argument);
    }),
    // More messages than may wait for a loop.
    ...both("flood", (world, end) => {
        for (let n = 0; n < 120; n++) transmit(world, end, 0);
    }),
    ...both("call", call),
    ...both("ask", ask),
    ...both("request", stream),
    ...both("large", transmitLarge),
    ...both("mix", (world, end, argument) => {
        transmit(world, end, argument);
        call(world, end, argument);
        ask(world, end, argument);
        transmit(world, end, 1);
    }),
    ...both("flush", (world, end) => {
        world.track("flush", end === "c" ? world.client.flush() : end.flush());
    }),
    ...both("socket.destroy", (world, end) => {
        (end === "c" ? world.client.socket : end.sock)?.destroy();
    }),
    ...both("socket.end", (world, end) => {
        (end === "c" ? world.client.socket : end.sock)?.end();
    }),
    ...both("close", (world, end, argument) => {
        const options = closingOf(world, argument);
        world.track("close", end === "c" ? world.client.disconnect(options) : end.kill(options));
    }),
    "s.sendall": (world, argument) => {
        const { server } = world;
        // sendall() emits `interrupted` for a destroyed socket, and then sends behind what its handlers send.
        if (server.sessions.length !== 1 || server.sockets[0]!.destroyed) return;
        const large = argument === 7 ? largeOf(server.stats.messages_sent) : undefined;
        const [value, item] = world.valueOf(server.sessions[0] as SockhopSession, SIZES[argument]!, large);
        const sent = server.sendall(value);
        overwrite(value);
        world.track("sendall", sent, Object.assign(item, { isOptional: true }));
    },
    "stop the loops": ({ gate }) => {
        gate.close();
    },
    "let the loops run": ({ gate }) => {
        gate.open();
    },
    "c.connect": ({ client }) => {
        if (!client.connected) void client.connect().catch(() => undefined);
    },
    "s.disconnect": (world, argument) => {
        world.track("disconnect", world.server.disconnect(closingOf(world, argument)));
    },
    time: ({ clock }, argument) => {
        clock.tick(TIMES[argument]!);
    },
    "bytes to the server": (world, argument) => {
        socketsOf(world, 0)[1]?.deliver(PIECES[argument]!);
    },
    "bytes to the client": (world, argument) => {
        socketsOf(world, 0)[0]?.deliver(PIECES[argument]!);
    },
    "late bytes to the server": (world, argument) => {
        socketsOf(world, 1)[1]?.deliver(PIECES[argument]!);
    },
    "late bytes to the client": (world, argument) => {
        socketsOf(world, 1)[0]?.deliver(PIECES[argument]!);
    },
    cut: (world, argument) => {
        const [client, server] = socketsOf(world, 0);
        // Either end may notice it later, and get bytes that are on their way.
        if (argument !== 1 && argument !== 5) client?.reset();
        if (argument !== 2 && argument !== 6) server?.reset();
        if (argument < 4) client?.deliver(1);
        if (argument < 4) server?.deliver(1);
    },
    "cut for the client": (world, argument) => {
        const [client] = socketsOf(world, argument);
        client?.destroy();
    },
    partition: (world) => {
        socketsOf(world, 0)[0]?.partition();
    },
    "partition, and the client notices": (world) => {
        const [client] = socketsOf(world, 0);
        client?.partition();
        client?.destroy(Object.assign(new Error("ETIMEDOUT"), { code: "ETIMEDOUT" }));
    },
    reception: (world, argument) => {
        world.network.receive((["accept", "accept", "refuse", "ignore"] satisfies Reception[])[argument & 3]!);
    },
    manner: (world, argument) => {
        const manners: Manner[] = ["allow", "late", "refuse", "allow", "throw", "late", "never", "allow"];
        world.manner = manners[argument]!;
    },
    "kill the server": (world) => {
        for (const { client } of world.network.cables) {
            client.partition();
            client.destroy(Object.assign(new Error("ECONNRESET"), { code: "ECONNRESET" }));
        }
        world.startServer();
    },
};
