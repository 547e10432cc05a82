import net from "node:net";
import fc from "fast-check";
import Sockhop, {
    ObjectBuffer,
    SockhopClient,
    SockhopError,
    type SockhopResponseWriteableStream,
    SockhopServer,
    TimedMap,
} from "../../src";
import type { RemoteSession } from "../../src/server/cluster/RemoteSession";
import { soon, turn } from "./guard";
import { freshPath } from "./setups";
import { anyValue } from "./values";
import { CODES } from "./harness";

/** A connected server and client. */
interface Pair {
    server: SockhopServer;
    client: SockhopClient;
}

/** A public function, the name of its options, and a call of it, whose result is awaited. */
interface Call {
    options: readonly string[];
    call(options: never, pair: Pair): unknown;
}

const FRAMING = ["terminator", "allow_non_objects", "max_message_size"];
const PLACE = ["path", "name", "address", "port"];
const LIMITS = ["max_pending", "max_buffered", "slow_consumer", "frame_timeout"];
const CODEC = ["codec", "codec_required", "classes", "error_stacks", "resume"];
const COMMON = [...FRAMING, ...PLACE, ...LIMITS, ...CODEC, "peer_type", "response_timeout", "ssl", "ssl_options"];
const CLIENT = [
    "auto_reconnect",
    "auto_reconnect_interval",
    "auto_reconnect_max_interval",
    "queue",
    "connect_timeout",
    "servers",
];
const SERVER = [
    "session_type",
    "session_timeout",
    "max_connections",
    "mode",
    "auto_reconnect_interval",
    "cluster",
    "reuse_port",
];
const QUEUE = ["max_messages", "max_bytes", "max_age", "overflow"];

/** Timeouts of calls without a reply. */
const SHORT = { timeout: 50 };

/** True if these options may be an address of other programs, which must not be disturbed. */
function elsewhere(options: object): boolean {
    const { path, name, address, port } = options as Record<string, unknown>;
    return [path, name, address].some((text) => typeof text === "string") || typeof port === "number";
}

const namesPlace = (options: unknown): boolean => isObject(options) && PLACE.some((name) => name in options);

/** Uses a client, if its address is private. */
async function useClient(options: unknown, { server }: Pair): Promise<void> {
    const common = namesPlace(options) ? { connect_timeout: 50 } : { connect_timeout: 50, path: server.path };
    const client = new SockhopClient(isObject(options) ? { ...common, ...options } : (options as object));
    client.on("error", legal);
    try {
        if (!isObject(options) || elsewhere(options)) return;
        await client.connect();
        await Promise.all([client.send({}), client.ask({}, SHORT), client.request({}, SHORT), turn()]);
    } finally {
        await client.disconnect({ timeout: 0 });
    }
}

/** Uses a server, if its address is private. */
async function useServer(options: unknown): Promise<void> {
    const common = namesPlace(options) ? { port: 0 } : { path: freshPath() };
    const server = new SockhopServer(isObject(options) ? { ...common, ...options } : (options as object));
    server.on("error", legal);
    const client = new SockhopClient({ path: server.path, connect_timeout: 50 });
    try {
        if (!isObject(options) || elsewhere(options)) return;
        await server.listen();
        if (namesPlace(options)) return;
        await client.connect();
        await client.ask({}, SHORT);
    } finally {
        await client.disconnect({ timeout: 0 });
        await server.close({ timeout: 0 });
    }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const socketOf = ({ server }: Pair): net.Socket => server.sockets[0]!;

/** Every public function with options. */
const CALLS: Record<string, Call> = {
    "new client": { options: [...COMMON, ...CLIENT], call: useClient },
    "new client, queue": { options: QUEUE, call: (queue, pair) => useClient({ queue }, pair) },
    "new server": { options: [...COMMON, ...SERVER], call: useServer },
    "new ObjectBuffer": {
        options: FRAMING,
        call: (options) => new ObjectBuffer(options).on("error", () => undefined).obj2buf({}),
    },
    "new TimedMap": {
        options: ["timeout"],
        call: (options) => {
            const map = new TimedMap(options);
            map.set(1, 1);
            map.stop();
        },
    },
    "c.send": {
        options: ["timeout", "signal", "failed"],
        call: (options, { client }) => client.send({}, () => undefined, options),
    },
    "s.send": {
        options: ["timeout", "signal", "failed"],
        call: (options, pair) => pair.server.send(socketOf(pair), {}, () => undefined, options),
    },
    "s.send to a socket that has gone": {
        options: ["timeout", "signal", "failed"],
        call: (options, { server }) => server.send(new net.Socket(), {}, () => undefined, options),
    },
    "c.request": {
        options: ["timeout", "signal"],
        call: async (options, { client }) => (await client.request({}, options)).all(),
    },
    "c.ask": { options: ["timeout", "signal"], call: (options, { client }) => client.ask({}, options) },
    "session.ask": {
        options: ["timeout", "signal"],
        call: (options, { server }) => server.sessions[0]!.ask({}, options),
    },
    "stream.next": {
        options: ["keep_open"],
        call: async (options, { client }) => (await client.request({})).next(options),
    },
    "c.disconnect": { options: ["timeout", "drain"], call: (options, { client }) => client.disconnect(options) },
    "s.disconnect": { options: ["timeout", "drain"], call: (options, { server }) => server.disconnect(options) },
    "s.close": { options: ["timeout", "drain"], call: (options, { server }) => server.close(options) },
    "s.kill_socket": {
        options: ["timeout", "drain"],
        call: (options, pair) => pair.server.kill_socket(socketOf(pair), options),
    },
    "c.connect": {
        options: ["wait", "timeout", "signal"],
        call: (options, { server }) => connectOnce(new SockhopClient({ path: server.path }), options),
    },
    "c.flush": { options: ["timeout", "signal"], call: (options, { client }) => client.flush(options) },
    "c.messages": { options: ["signal"], call: (options, { client }) => client.messages(options).return!() },
    "s.sendall": { options: ["type", "except", "local"], call: (options, { server }) => server.sendall({}, options) },
    "group.sendall": {
        options: ["type", "except", "local"],
        call: (options, { server }) => server.group("group").sendall({}, options),
    },
    "group.count": {
        options: ["timeout", "signal"],
        call: (options, { server }) => server.group("group").count(options),
    },
    "group.members": {
        options: ["timeout", "signal"],
        call: (options, { server }) => server.group("group").members(options),
    },
    "session.send": {
        options: ["timeout", "signal", "failed", "type"],
        call: (options, { server }) => server.sessions[0]!.send({}, () => undefined, options),
    },
    "session.request": {
        options: ["timeout", "signal", "type"],
        call: async (options, { server }) => (await server.sessions[0]!.request({}, options)).all(),
    },
    "session.flush": {
        options: ["timeout", "signal"],
        call: (options, { server }) => server.sessions[0]!.flush(options),
    },
    "remote.send": { options: ["type"], call: (options, { server }) => remote(server).send({}, options) },
    "remote.ask": {
        options: ["timeout", "signal", "type"],
        call: (options, { server }) => remote(server).ask({}, options),
    },
    "remote.kill": { options: ["timeout", "drain"], call: (options, { server }) => remote(server).kill(options) },
    "session.kill": { options: ["timeout", "drain"], call: (options, { server }) => server.sessions[0]!.kill(options) },
};

async function connectOnce(client: SockhopClient, options: never): Promise<void> {
    try {
        await client.connect(options);
    } finally {
        await client.disconnect({ timeout: 0 });
    }
}

/** The session of the client, as another server has it. */
const remote = (server: SockhopServer): RemoteSession => server.session(server.id_of(server.sessions[0]!));

const nothing = (): never => undefined as never;

/** Every public function with arguments of its own. */
const ARGUMENTS: Record<string, (value: never, pair: Pair) => unknown> = {
    "c.send(value)": (value, { client }) => client.send(value),
    "c.send(_, callback)": (value, { client }) => client.send({}, value),
    "c.ask(value)": (value, { client }) => client.ask(value),
    "c.request(value)": async (value, { client }) => (await client.request(value)).all(),
    "s.sendall(value)": (value, { server }) => server.sendall(value),
    "s.send(socket)": (value, { server }) => server.send(value, {}),
    "s.send(socket, _, callback)": (value, { server }) => server.send(value, {}, () => undefined),
    "s.request(socket)": (value, { server }) => server.request(value, {}),
    "s.ask(socket)": (value, { server }) => server.ask(value, {}),
    "session.join(name)": (value, { server }) => server.sessions[0]!.join(value),
    "session.leave(name)": (value, { server }) => server.sessions[0]!.leave(value),
    "s.group(name)": (value, { server }) => server.group(value).sendall({}),
    "s.session(id)": (value, { server }) => server.session(value).kill(),
    "s.id_of(session)": (value, { server }) => server.id_of(value),
    "s.handle(type)": (value, { server }) => server.handle(value, nothing),
    "s.handle(_, handler)": (value, { server }) => server.handle("type", value),
    "s.unhandle(type)": (value, { server }) => server.unhandle(value),
    "s.kill_socket(socket)": (value, { server }) => server.kill_socket(value),
    "c.ping(delay)": (value, { client }) => {
        client.ping(value);
        client.ping(0);
    },
    "s.ping(delay)": (value, { server }) => {
        server.ping(value);
        server.ping(0);
    },
    "c.auto_reconnect": (value, { client }) => (client.auto_reconnect = value),
    "c.socket": (value, { client }) => {
        client.socket = value;
        return client.send({});
    },
    "path_of(name)": (value) => Sockhop.path_of(value),
    "map.set(_, _, removed)": (value) => {
        const map = new TimedMap();
        map.set(1, 1, value);
        map.stop();
    },
    "map.set(_, _, _, timeout)": (value) => {
        const map = new TimedMap();
        map.set(1, 1, () => undefined, value);
        map.stop();
    },
    "buf2obj(buffer)": (value) => new ObjectBuffer().on("error", () => undefined).buf2obj(value),
    "obj2buf(value)": (value) => new ObjectBuffer().on("error", () => undefined).obj2buf(value),
    "response.write(value)": (value, pair) => respond(pair, (response) => response.write(value)),
    "response.send(value)": (value, pair) => respond(pair, (response) => response.send(value)),
    "response.fail(error)": (value, pair) => respond(pair, (response) => response.fail(value)),
    "stream.end(error)": async (value, { client }) => {
        const stream = await client.request({});
        stream.end(value);
        await stream.all().catch((error: unknown) => {
            if (!Object.is(error, value)) throw error; // a thrown value of the user is passed on unchanged
        });
    },
    "callback(value)": async (value, { client, server }) => {
        const answered = new Promise((resolve, reject) => {
            server.once("receive", (_, { callback }) => {
                try {
                    resolve(callback!(value));
                } catch (error) {
                    reject(error);
                }
            });
        });
        await client.send({}, () => undefined);
        await answered;
    },
};

/** The promise of a request handler's work. */
async function respond(
    { client, server }: Pair,
    act: (response: SockhopResponseWriteableStream) => Promise<void>,
): Promise<void> {
    server.removeAllListeners("request");
    const done = new Promise<void>((resolve, reject) => {
        server.once("request", (_, response) => {
            try {
                act(response).then(resolve, reject);
            } catch (error) {
                reject(error);
            }
        });
    });
    await Promise.all([done, client.ask({}, SHORT).catch((error: unknown) => legal(error))]);
}

const thrower = (): never => {
    throw new RangeError("of the program");
};

/** Makes options whose members cannot be read. */
const UNREADABLE: Record<string, () => object> = {
    "get throws": () => new Proxy({}, { get: thrower }),
    "ownKeys throws": () => new Proxy({}, { ownKeys: thrower }),
    "it is revoked": () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
    },
};

/** A call with a value of any type for one option, for the options object, or for an argument. */
export type Misuse = [call: string, option: string | null, value: unknown];

export const misuses: fc.Arbitrary<Misuse> = fc.oneof(
    fc
        .tuple(
            fc.constantFrom(
                ...Object.entries(CALLS).flatMap(([call, { options }]) => options.map((name) => [call, name])),
            ),
            anyValue,
        )
        .map(([[call, option], value]): Misuse => [call!, option!, value]),
    fc.tuple(fc.constantFrom(...Object.keys(CALLS), ...Object.keys(ARGUMENTS)), fc.constant(null), anyValue),
    // A constructor throws what a getter of its options throws.
    fc.tuple(
        fc.constantFrom(...Object.keys(CALLS).filter((call) => !call.startsWith("new "))),
        fc.constant("unreadable"),
        fc.constantFrom(...Object.keys(UNREADABLE)),
    ),
);

export const misused = { options: 0 };

/** An invalid option works or causes an error of sockhop; it never causes an internal error. */
export async function refuses([call, option, value]: Misuse): Promise<void> {
    const path = freshPath();
    const pair: Pair = { server: new SockhopServer({ path }), client: new SockhopClient({ path }) };
    const { server, client } = pair;
    for (const end of [server, client]) {
        end.on("error", (error: unknown) => legal(error));
        end.on("request", (_: unknown, response: SockhopResponseWriteableStream) => void response.send(1).catch(legal));
        end.on("receive", (_: unknown, { callback }: { callback?: (value: unknown) => void }) => callback?.(1));
    }
    const accepted = new Promise((resolve) => server.once("connect", resolve));
    await server.listen();
    await client.connect();
    await accepted;
    const act = async (): Promise<void> => {
        const unreadable = option === "unreadable" ? UNREADABLE[value as string] : undefined;
        const argument = unreadable?.() ?? (option === null ? value : { [option]: value });
        await (CALLS[call]?.call ?? ARGUMENTS[call]!)(argument as never, pair);
    };
    try {
        await soon(act().catch(legal), () => `${call} does not settle`);
    } finally {
        client.auto_reconnect = false;
        await Promise.all([client.disconnect({ timeout: 0 }), server.close({ timeout: 0 })]);
    }
    misused.options += 1;
}

/** Rethrows an error that is neither of sockhop nor of the system. */
function legal(error: unknown): void {
    if (error instanceof SockhopError && CODES.has(error.code)) return;
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    if (code === "ERR_SOCKET_BAD_PORT") return; // documented: Node rejects a port out of range
    const careless = error instanceof TypeError || error instanceof RangeError;
    if (careless || !(error instanceof Error) || typeof code !== "string") throw error;
}
