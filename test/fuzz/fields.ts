import { deepStrictEqual, strictEqual } from "node:assert";
import type net from "node:net";
import fc from "fast-check";
import {
    SockhopError,
    type SockhopRequest,
    type SockhopResponseReadableStream,
    type SockhopResponseWriteableStream,
    SockhopServer,
} from "../../src";
import { OPEN_IDS } from "./frames";
import { turn, until } from "./guard";
import { type Setup, inMemory, overSockets } from "./setups";
import { anyText, expanded } from "./values";
import { CODES } from "./harness";

/** JSON texts by the names of members; see {@link anyText}. */
type Texts = Record<string, string>;

/** A frame: members of the envelope, and, where the data is an object of the library, members of that. */
export interface Frame {
    outer: Texts;
    inner?: Texts;
}

/** The next event: a frame arrives, or a pending call is aborted at this end. */
type Act = { frame: Frame } | { abort: number };

/** Frames in which a peer has set any member to any value, and their receiver. */
export interface Fields {
    acts: Act[];
    /** The last bytes, such as a partial frame. */
    last: string;
    over: "memory" | "socket";
    end: "server" | "client";
    peer_type: "Sockhop" | "json";
    allow_non_objects: boolean;
    /** True to send pings, so that pongs have a ping. */
    pings: boolean;
}

/** Number of pending calls: a third each of callbacks, streams and single responses. */
const CALLS = 6;

/** The id of a call: pending, settled or unknown. */
const id = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...OPEN_IDS.slice(0, CALLS)).map((open) => JSON.stringify(open)) },
    anyText,
);

/** The error of a response: any value, or an object with members of any value. */
const error = fc.oneof(
    anyText,
    fc.record({ code: anyText, message: anyText, remote: anyText }, { requiredKeys: [] }).map(join),
    fc.record({ code: anyText, data: anyText }, { requiredKeys: [] }).map((remote) => `{"remote":${join(remote)}}`),
    fc.record({ code: fc.constant('"ERR_REQUEST_UNHANDLED"'), message: anyText }).map(join),
);

const text = (value: string): fc.Arbitrary<string> => fc.constant(JSON.stringify(value));
const flag = fc.oneof(fc.constantFrom("true", "false"), anyText);
const type = fc.oneof(fc.constantFrom('"Number"', '"Object"', '"error"', '"SockhopPing"'), anyText);

/** An object of the library as data. Omitted members are missing in the frame. */
const packed = (name: string, inner: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Frame> =>
    fc.record({
        outer: fc.record({ type: text(name), id: anyText, callback_id: anyText }, { requiredKeys: ["type"] }),
        inner: fc.record(inner, { requiredKeys: [] }),
    }) as fc.Arbitrary<Frame>;

const times = { _id: id, _created: anyText, _returned: anyText, _finished: anyText };
const answer = { uuid: id, type, data: anyText, last: flag, empty: flag, error, cancel: flag };

export const frame: fc.Arbitrary<Frame> = fc.oneof(
    fc.record({ outer: fc.record({ type, data: anyText, id: anyText, callback_id: id }, { requiredKeys: [] }) }),
    packed("SockhopPing", times),
    packed("SockhopPong", times),
    packed("SockhopRequest", { uuid: id, data: anyText, type, errors: flag }),
    { weight: 2, arbitrary: packed("SockhopResponsePacket", answer) },
    { weight: 2, arbitrary: packed("SockhopResponsePacket", { uuid: id, error }) },
);

export const fields: fc.Arbitrary<Fields> = fc.record({
    acts: fc.array(
        fc.oneof(
            { weight: 9, arbitrary: fc.record({ frame }) },
            { weight: 1, arbitrary: fc.record({ abort: fc.nat(CALLS - 1) }) },
        ),
        { maxLength: 20, size: "max" },
    ),
    last: fc.constantFrom("", "", '{"type":"Str', "POST"),
    over: fc.constantFrom("memory", "socket"),
    end: fc.constantFrom("server", "client"),
    peer_type: fc.constantFrom("Sockhop", "Sockhop", "Sockhop", "json"),
    allow_non_objects: fc.boolean(),
    pings: fc.nat(7).map((n) => n === 7),
});

/** Number of such frames so far. */
export const withstood = { fields: 0 };

function join(members: Texts): string {
    return `{${Object.entries(members)
        .map(([name, value]) => `"${name}":${value}`)
        .join()}}`;
}

/** The text of a frame, to be expanded. */
export const textOf = ({ outer, inner }: Frame): string => `${join(inner ? { ...outer, data: join(inner) } : outer)}\n`;

const MARK = '{"type":"String","data":"the last"}\n';

/**
 * For any frame of a peer: the user receives the documented types, calls settle, and no state remains.
 *
 * @returns the end and its socket, for checks of their memory
 */
export async function withstands(run: Fields): Promise<unknown> {
    const { peer_type, allow_non_objects } = run;
    const stage = run.over === "memory" ? inMemory : overSockets;
    const setup = await stage({ peer_type, allow_non_objects }, run.end);
    const { end, peer, other } = setup;
    const connection = end["_connectionOf"](setup.socket)!;
    const user = new User(setup);
    try {
        const ids = peer_type === "json" ? [] : await user.open();
        // A socket that the user has assigned to a client is not pinged.
        if (run.pings && connection.state === "open") {
            end.ping(4);
            await until(
                () => end.stats.messages_sent > ids.length,
                () => "no ping goes out",
            );
        }
        const before = connection.bytesReceived;
        let sent = 0;
        const write = (text: string): void => {
            const bytes = Buffer.from(ids.reduce((now, real, n) => now.replaceAll(OPEN_IDS[n]!, real), expanded(text)));
            sent += bytes.length;
            peer.write(bytes);
        };
        for (const act of run.acts) {
            if ("abort" in act) user.abort(act.abort);
            else write(textOf(act.frame));
            await turn();
            user.check();
        }
        const mark = peer_type === "json" ? '"the last"\n' : MARK;
        write(mark + run.last);
        other?.peer.write(Buffer.from(mark));
        // A peer that does not reply to pings may have been dropped.
        const goesOn = (socket: net.Socket): boolean =>
            user.heard.has(socket) || (run.pings && end["_connectionOf"](socket) === undefined);
        await until(
            () => goesOn(setup.socket) && (!other || goesOn(other.socket)),
            () => "a connection does not go on",
        );
        await until(
            () => connection.bytesReceived - before >= sent || connection.state === "closed",
            () => "the last bytes do not arrive",
        );
        end.ping(0);
        strictEqual(typeof end.stats.messages_received, "number");
        strictEqual(typeof end.pings, "object");
    } finally {
        peer.destroy();
        other?.peer.destroy();
        await setup.close();
    }
    await until(
        () => (user.check(), user.open_calls === 0),
        () => `${user.open_calls} calls do not settle`,
    );
    const { callbacks, requests, responses, partialFrame } = connection;
    deepStrictEqual(
        [callbacks?.size ?? 0, requests?.size ?? 0, responses?.size ?? 0, partialFrame, end["_connections"].size],
        [0, 0, 0, undefined, 0],
        "callbacks, requests, responses, bytes and connections that are kept",
    );
    withstood.fields += run.acts.length;
    return [end, setup.socket];
}

/** The user of an end: checks all received values, and sends them back. */
class User {
    /** Connections that have received the last message. */
    readonly heard = new Set<unknown>();
    open_calls = 0;
    readonly #setup: Setup;
    readonly #controllers: AbortController[] = [];
    readonly #faults: Error[] = [];

    constructor(setup: Setup) {
        this.#setup = setup;
        const { end } = setup;
        const receive = (
            value: unknown,
            meta: { type: string; socket?: unknown; callback?: (value: unknown) => void },
        ): void => {
            this.#isText("meta.type", meta.type);
            if (value === "the last") this.heard.add(meta.socket ?? setup.socket);
            meta.callback?.(value);
        };
        const request = ({ uuid, type, data }: SockhopRequest, response: SockhopResponseWriteableStream): void => {
            this.#isText("request.type", type);
            this.#isText("request.uuid", uuid);
            response.signal.addEventListener("abort", () => this.#legal("signal", response.signal.reason));
            // Replies to some at once, to some in part, to some never.
            if (data === null) void response.send(data);
            else if (typeof data === "object") void response.write(data);
            else if (typeof data === "number") void response.fail(new Error("as told"));
        };
        const failed = (error: unknown): void => this.#legal("error", error);
        if (end instanceof SockhopServer) end.on("receive", receive).on("request", request).on("error", failed);
        else end.on("receive", receive).on("request", request).on("error", failed);
    }

    /** Starts the calls, and returns their ids on the wire. */
    async open(): Promise<string[]> {
        const { end, socket, peer } = this.#setup;
        for (let n = 0; n < CALLS; n += 1) {
            const options = { timeout: 60_000, signal: this.#controller(), failed: this.#failed(n) };
            const answered = (_: unknown, { type }: { type: string }): void => {
                this.#isText("type of an answer", type);
                this.#settled();
            };
            const server = end instanceof SockhopServer ? end : undefined;
            const client = end instanceof SockhopServer ? undefined : end;
            this.open_calls += 1;
            if (n < 2) void (server?.send(socket, n, answered, options) ?? client!.send(n, answered, options));
            else if (n < 4) void this.#read(server?.request(socket, n, options) ?? client!.request(n, options));
            else
                void (server?.ask(socket, n, options) ?? client!.ask(n, options)).then(
                    () => this.#settled(),
                    this.#failed(n),
                );
        }
        const lines = (): string[] => Buffer.concat(peer.answers).toString().split("\n").slice(0, -1);
        await until(
            () => lines().length === CALLS,
            () => "the calls do not go out",
        );
        return lines().map((text) => {
            const { id: callback, data } = JSON.parse(text) as { id?: string; data: { uuid: string } };
            return callback ?? data.uuid;
        });
    }

    abort(call: number): void {
        this.#controllers[call]?.abort();
    }

    /** Throws the first error so far. */
    check(): void {
        if (this.#faults[0]) throw this.#faults[0];
    }

    async #read(asked: Promise<SockhopResponseReadableStream>): Promise<void> {
        try {
            const stream = await asked;
            for await (const { type } of stream) this.#isText("type of a packet", type);
            this.#settled();
        } catch (error) {
            this.#failed(2)(error);
        }
    }

    #controller(): AbortSignal {
        const controller = new AbortController();
        this.#controllers.push(controller);
        return controller.signal;
    }

    #failed(call: number): (error: unknown) => void {
        return (error) => {
            this.#legal(`call ${call}`, error);
            this.#settled();
        };
    }

    #settled(): void {
        this.open_calls -= 1;
    }

    #legal(what: string, error: unknown): void {
        const { code, message, syscall } = (error ?? {}) as NodeJS.ErrnoException;
        const ours = error instanceof SockhopError && CODES.has(error.code);
        if (!ours && typeof syscall !== "string")
            this.#fault(`${what}: an error that is not ours (${String(code)})`, error);
        if (typeof message !== "string") this.#fault(`${what}: an error whose message is no text`);
        const { remote } = error as SockhopError;
        if (!remote) return;
        this.#isText("message of a remote error", remote.message);
        if (!["undefined", "string", "number"].includes(typeof remote.code)) this.#fault("remote code of another type");
    }

    #isText(what: string, value: unknown): void {
        if (typeof value !== "string") this.#fault(`${what} is no text but a ${typeof value}`);
    }

    #fault(what: string, cause?: unknown): void {
        this.#faults.push(new Error(what, { cause }));
    }
}
