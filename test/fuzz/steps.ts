import net from "node:net";
import { type CallbackOptions, type EndOptions, SockhopError, type SockhopResponseReadableStream } from "../../src";
import { HANDLINGS, MANNERS, type Harness } from "./harness";

/** One event. Receives the harness and a small number as its argument. */
type Step = (harness: Harness, argument: number) => void;

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** Data of a peer that is not sockhop: a partial frame, an invalid one, a call, a request, a response. */
const GARBAGE = [
    '{"type":"Str',
    "GET /\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "\n\n\n",
    '{"type":"String","data":"q","id":1}\n',
    '{"type":"SockhopRequest","data":{"uuid":"u","data":"stream","errors":true}}\n',
    '{"type":"SockhopRequest","data":{"uuid":"u","data":"late"}}\n{"type":"SockhopResponsePacket","data":{"uuid":"u","cancel":true}}\n',
    '{"type":"SockhopPing","data":{"_id":1}}\n'.repeat(50),
    '{"type":"String","data":"x","callback_id":"1"}\n{"type":"SockhopResponsePacket","data":{"uuid":"1","last":true}}\n',
];

/** Operations of a plain peer on its socket. */
const MISCHIEF: ((socket: net.Socket, argument: number) => unknown)[] = [
    () => undefined,
    (socket) => socket.destroy(),
    (socket) => (socket.remoteFamily ? socket.resetAndDestroy() : socket.destroy()), // only TCP can be reset
    (socket) => socket.end(),
    (socket, argument) => socket.write(pick(GARBAGE, argument)),
    (socket, argument) => socket.end(pick(GARBAGE, argument)),
    (socket) => socket.pipe(socket),
    (socket) => socket.pause(),
];

const fault = (): Error => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

/** A call with at most one reply. */
function once(harness: Harness, what: string): () => void {
    let calls = 0;
    return () => {
        calls += 1;
        if (calls > 1) harness.fault(`${what}: answered twice`);
        harness.react("callback");
    };
}

/** A call with exactly one outcome: a reply or a failure. */
function either(harness: Harness, what: string, argument: number): [() => void, CallbackOptions] {
    let calls = 0;
    const told = (): void => {
        calls += 1;
        if (calls > 1) harness.fault(`${what}: told twice`);
    };
    const answered = (): void => {
        told();
        harness.react("callback");
    };
    const failed = (error: unknown): void => {
        told();
        if (!(error instanceof SockhopError)) harness.fault(`${what}: has failed with a strange error`, error);
        harness.legal(what, error);
        harness.react("failed");
    };
    harness.duty(`callback or failed of ${what}`, () => calls === 1);
    return [answered, { failed, ...(argument % 2 && { timeout: argument % 4 }), ...signal(harness, argument) }];
}

/** Ways to close: with or without a timeout, with or without draining. */
const endings: EndOptions[] = [
    {},
    { timeout: 0 },
    { timeout: 1 },
    { drain: true },
    { timeout: 0, drain: true },
    { timeout: 2, drain: true },
    { timeout: Infinity },
    { timeout: 5, drain: false },
];

/** A signal that is aborted before, at once, in a later tick, or not at all. */
function signal(harness: Harness, argument: number): { signal?: AbortSignal } {
    if (argument >= 6) return {};
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => harness.react("signal"));
    if (argument % 3 === 0) controller.abort();
    if (argument % 3 === 1) queueMicrotask(() => controller.abort());
    if (argument % 3 === 2) setImmediate(() => controller.abort());
    return { signal: controller.signal };
}

/** Reads a response completely or in part, with one of the methods; the stream must end in any case. */
async function read(
    harness: Harness,
    asked: ReturnType<Harness["client"]["request"]>,
    argument: number,
): Promise<void> {
    const stream = await asked;
    let ends = 0;
    harness.stream = stream;
    stream.on("end", () => {
        ends += 1;
        harness.react("stream end");
    });
    harness.duty("end of a stream", () => ends === 1);
    if (argument === 0) await stream.next({ keep_open: true });
    if (argument === 1) await stream.all();
    if (argument === 2) for await (const packet of stream) if (packet.data === 1) break;
    if (argument === 3) stream.on("data", () => stream.end());
    if (argument === 6) listen(harness, stream, () => ends > 0);
    if (argument === 4) stream.end();
    if (argument === 5) await Promise.allSettled([stream.next(), stream.all(), stream.next()]);
}

/** Listens to the packets of a response, which are increasing numbers, and arrive before the end. */
function listen(harness: Harness, stream: SockhopResponseReadableStream, ended: () => boolean): void {
    let last = -1;
    stream.on("data", (part: unknown) => {
        if (ended()) harness.fault("a part of an answer comes after its end");
        if (typeof part === "number" && part <= last) harness.fault(`part ${part} of an answer comes after ${last}`);
        if (typeof part === "number") last = part;
        harness.react("stream data");
    });
}

/** A value that runs user code in toJSON(). */
function made(harness: Harness, argument: number): object {
    const toJSON = (): string => {
        harness.react("toJSON");
        return "made";
    };
    if (argument % 2) return { toJSON };
    return {
        get member() {
            harness.react("getter");
            return 1;
        },
    };
}

/** Options that run user code. */
function gotten(harness: Harness, timeout: number): { readonly timeout: number } {
    return {
        get timeout() {
            harness.react("option");
            return timeout;
        },
    };
}

const sessionOf = ({ server: { sessions } }: Harness, argument: number): Harness["server"]["sessions"][0] | undefined =>
    sessions[argument % (sessions.length || 1)];

/** All steps by name; a counterexample shows the names. */
export const STEPS: Record<string, Step> = {
    nothing: () => undefined,
    "s.listen()": (w) => w.settles("s.listen()", w.server.listen()),
    "s.close()": (w) => w.settles("s.close()", w.server.close(), true),
    "s.close(options)": (w, n) => w.settles("s.close()", w.server.close(pick(endings, n)), true),
    "s.disconnect()": (w) => w.settles("s.disconnect()", w.server.disconnect(), true),
    "s.disconnect(options)": (w, n) => w.settles("s.disconnect()", w.server.disconnect(pick(endings, n)), true),
    "s.sendall()": (w) => w.settles("s.sendall()", w.server.sendall("x")),
    "s.ping()": (w, n) => w.server.ping(n % 3),
    "s.ask()": (w, n) =>
        w.settles("s.ask()", sessionOf(w, n)?.ask(pick(HANDLINGS, n), { timeout: 1 + (n % 3), ...signal(w, n) })),
    "s.request()": (w, n) => {
        const session = sessionOf(w, n);
        if (session) w.settles("s.request()", read(w, session.request(pick(HANDLINGS, n + 1)), n));
    },
    "s.send(callback)": (w, n) => w.settles("s.send()", sessionOf(w, n)?.send("x", once(w, "s.send()"))),
    "s.send(failed)": (w, n) => {
        const session = sessionOf(w, n);
        if (session) w.settles("s.send()", session.send(n % 3 ? "x" : "mute", ...either(w, "s.send()", n)));
    },
    "s.send() unseen": (w, n) => void sessionOf(w, n)?.send("nobody looks at the promise"),
    "session.kill()": (w, n) => w.settles("session.kill()", sessionOf(w, n)?.kill(), true),
    "s.kill_socket(options)": (w, n) => {
        const session = sessionOf(w, n >> 3);
        if (session) w.settles("s.kill_socket()", w.server.kill_socket(session.sock, pick(endings, n)), true);
    },
    dispose: (w, n) => {
        const end = pick([w.server, w.client, sessionOf(w, n)], n);
        w.settles("dispose", end?.[Symbol.asyncDispose](), true);
    },
    "session.start": (w, n) => (w.start = pick(MANNERS, n)),
    "session.end": (w, n) => (w.end = pick(MANNERS, n)),
    "s sockets destroyed": (w) => w.server.sockets.forEach((socket) => socket.destroy()),
    "s sockets half-closed": (w) => w.server.sockets.forEach((socket) => socket.end()),

    "c.connect()": (w) => w.settles("c.connect()", w.client.connect()),
    "c.disconnect()": (w) => w.settles("c.disconnect()", w.client.disconnect(), true),
    "c.disconnect(options)": (w, n) => w.settles("c.disconnect()", w.client.disconnect(pick(endings, n)), true),
    "c.auto_reconnect": (w, n) => (w.client.auto_reconnect = n % 2 === 1),
    "c.send()": (w) => w.settles("c.send()", w.client.send("x")),
    "c.send(callback)": (w, n) => w.settles("c.send()", w.client.send(n % 2 ? "x" : "mute", once(w, "c.send()"))),
    "c.send(failed)": (w, n) => w.settles("c.send()", w.client.send(n % 3 ? "x" : "mute", ...either(w, "c.send()", n))),
    "c.send(failed, nothing)": (w, n) => w.settles("c.send()", w.client.send(undefined, ...either(w, "c.send()", n))),
    "c.send(much)": (w, n) => w.settles("c.send()", w.client.send("much ".repeat(15 * n))),
    "s.sendall(much)": (w, n) => w.settles("s.sendall()", w.server.sendall("much ".repeat(15 * n))),
    "c.send() unseen": (w) => {
        // The caller sees errors thrown at once.
        if (w.client.connected && w.lenient) void w.client.send("nobody looks at the promise", () => undefined);
    },
    "c.send(nothing)": (w) => w.settles("c.send()", w.client.send(undefined)),
    "c.ask()": (w, n) => w.settles("c.ask()", w.client.ask(pick(HANDLINGS, n), signal(w, n))),
    "c.request()": (w, n) =>
        w.settles("c.request()", read(w, w.client.request(pick(HANDLINGS, n + 1), signal(w, n + 1)), n)),
    "c.request() unseen": (w) => {
        if (w.client.connected && w.lenient) void w.client.request("stream");
    },
    "c.ping()": (w, n) => w.client.ping(n % 3),
    "c.socket = null": (w) => (w.client.socket = null),
    "c.socket = socket": (w) => (w.client.socket = net.connect(w.place)),
    "c destroyed": (w) => w.client.socket?.destroy(),
    "c reset": (w) => w.client.socket?.destroy(fault()),
    "c half-closed": (w) => w.client.socket?.end(),
    "c says garbage": (w, n) => {
        if (w.client.socket?.writable) w.client.socket.write(pick(GARBAGE, n));
    },

    "c.send(number)": (w) => w.settles("c.send()", w.client.send(w.numbered())),
    "s.sendall(number)": (w) => w.settles("s.sendall()", w.server.sendall(w.numbered())),
    "s.send(number)": (w, n) => w.settles("s.send()", sessionOf(w, n)?.send(w.numbered())),
    "c.send(made)": (w, n) => w.settles("c.send()", w.client.send(made(w, n))),
    "c.send(made, failed)": (w, n) => w.settles("c.send()", w.client.send(made(w, n), ...either(w, "c.send()", n))),
    "c.ask(made)": (w, n) => w.settles("c.ask()", w.client.ask(made(w, n))),
    "c.ask(option)": (w, n) => w.settles("c.ask()", w.client.ask("send", gotten(w, 1 + n))),
    "c.disconnect(option)": (w, n) => w.settles("c.disconnect()", w.client.disconnect(gotten(w, n))),
    "s.sendall(made)": (w, n) => w.settles("s.sendall()", w.server.sendall(made(w, n))),
    "s.close(option)": (w, n) => w.settles("s.close()", w.server.close(gotten(w, n))),
    "handle()": (w, n) => {
        const end = pick([w.server, w.client], n);
        end.unhandle("String");
        if (n % 3) w.handleStrings(end);
    },
    "callback()": (w, n) => w.reply?.(n % 2 ? "late" : made(w, n)),
    "response.write()": (w) => w.settles("response.write()", w.response?.write("more")),
    "response.write(made)": (w, n) => w.settles("response.write()", w.response?.write(made(w, n))),
    "response.send()": (w) => w.settles("response.send()", w.response?.send("answer")),
    "response.end()": (w) => w.settles("response.end()", w.response?.end()),
    "response.fail()": (w) => w.settles("response.fail()", w.response?.fail(new Error("told to"))),
    "stream.end()": (w) => w.stream?.end(),
    "stream.next()": (w, n) => w.settles("stream.next()", w.stream?.next({ keep_open: n % 2 === 0 })),
    "stream.all()": (w) => w.settles("stream.all()", w.stream?.all()),
    // A closing connection is not read any more: pausing it delays its end.
    "c paused": (w) => w.client.connected && w.client.socket?.pause(),
    "c resumed": (w) => w.client.socket?.resume(),
    "s sockets paused": (w) => w.server.sockets.forEach((socket) => socket.pause()),
    "s sockets resumed": (w) => w.server.sockets.forEach((socket) => socket.resume()),

    "stranger comes": (w, n) => {
        if (w.strangers.size > 5) return;
        const socket = w.stranger(net.connect({ ...w.place, allowHalfOpen: n % 2 === 0 }));
        socket.once("connect", () => pick(MISCHIEF, n)(socket, n + 3));
    },
    "strangers go": (w) => w.strangers.forEach((socket) => socket.destroy()),
    "rogue server": (w, n) => {
        if (w.rogue) return;
        w.rogue = net.createServer({ allowHalfOpen: n % 2 === 0 }, (socket) =>
            pick(MISCHIEF, n)(w.stranger(socket), n + 5),
        );
        w.rogue.on("error", () => (w.rogue = undefined)).listen(w.place);
    },
    "rogue goes": (w) => {
        w.rogue?.close();
        w.rogue = undefined;
    },
};

/** Takes a step. A thrown error must be a documented one. */
export function take(harness: Harness, step: string, argument: number): void {
    try {
        STEPS[step]!(harness, argument);
    } catch (error) {
        harness.legal(step, error);
    }
}
