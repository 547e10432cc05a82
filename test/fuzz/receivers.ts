import { deepStrictEqual, strictEqual } from "node:assert";
import type net from "node:net";
import { type SockhopRequest, type SockhopResponseWriteableStream, SockhopServer } from "../../src";
import { type Bytes, received, same, whole } from "./bytes";
import { OPEN_IDS, pieces } from "./frames";
import { until } from "./guard";
import { type Account, type Decoded, decode, expected, named } from "./model";
import { type Setup, type Stage, inMemory } from "./setups";

/** The last value, which arrives after all others. */
const LAST = "the last of this run";

/** Number of messages sent over the other connection meanwhile. */
const OTHERS = 20;

/** The events of an end. */
interface Heard {
    events: unknown[][];
    errors: { code?: string }[];
    /** The messages received over the other connection. */
    others: unknown[];
    last: boolean;
}

interface Meta {
    type: string;
    socket?: net.Socket;
    callback?: (value: unknown) => void;
}

/** An end emits the events and replies of the protocol, retains no state, and does not disturb other connections. */
export async function receives(run: Bytes, stage: Stage): Promise<void> {
    const { terminator, allow_non_objects, max_message_size, bare } = run;
    const limits = { allow_non_objects, max_message_size };
    const options = { terminator: [terminator, "\n"], ...limits, ...(bare && { peer_type: "json" }) };
    const setup = await stage(options, run.end);
    const connection = setup.end["_connectionOf"](setup.socket)!;
    try {
        const heard = listen(setup);
        const ids = bare ? [] : await ask(setup, heard);
        const all = whole(run);
        const decoded = decode(all, { terminator, ...limits });
        const sent = await write(run, setup, dressed(all, ids));
        await until(
            () => heard.others.length >= sent && (decoded.large > 0 ? connection.state === "closed" : heard.last),
            () => `the last frame does not arrive: ${heard.events.length} events of ${decoded.values.length} frames`,
        );
        // Each run has new ids; the model has their placeholders.
        const text = ids.reduce((now, id, n) => now.replaceAll(id, OPEN_IDS[n]!), JSON.stringify(heard.events));
        const events = JSON.parse(text) as unknown[][];
        if (decoded.large > 0) wasCut(heard, events, decoded, run);
        else await wentOn(heard, text, expected(decoded, run), setup, connection, bare);
        received[stage === inMemory ? "memory" : "socket"] += heard.events.length + heard.errors.length;
        deepStrictEqual(
            heard.others,
            Array.from({ length: sent }, (_, n) => [n]),
            "what came over the other connection",
        );
        strictEqual(({} as { polluted?: boolean }).polluted, undefined, "members of every object");
    } finally {
        setup.peer.destroy();
        setup.other?.peer.destroy();
        await setup.close();
    }
    await until(
        () => kept(connection).every((size) => size === 0),
        () => `callbacks, requests and responses that are kept after the end: ${kept(connection).join()}`,
    );
    strictEqual(setup.end["_connections"].size, 0, "connections that are kept");
}

/** All frames have had their effect, and nothing else. */
async function wentOn(
    heard: Heard,
    text: string,
    model: Account,
    setup: Setup,
    connection: Kept,
    bare: boolean,
): Promise<void> {
    await until(
        () => lines(setup) >= model.written,
        () => `${lines(setup)} frames were written instead of ${model.written}`,
    );
    same(heard.events, model.events, text);
    strictEqual(lines(setup), model.written, "frames that were written");
    const codes = new Set(heard.errors.map(({ code }) => code));
    deepStrictEqual([...codes], model.bad ? ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"] : [], "codes of errors");
    strictEqual(heard.errors.length, model.bad, "errors that were reported");
    deepStrictEqual(kept(connection), bare ? [0, 0, 0] : open(model), "callbacks, requests and responses");
}

/** A frame was too large: all frames before it have had their effect, and possibly others of the same chunk. */
function wasCut({ errors }: Heard, events: unknown[][], { values, before }: Decoded, run: Bytes): void {
    const told = (all: unknown[][]): unknown[][] => all.filter(([what]) => what === "receive" || what === "request");
    const least = told(expected({ values: values.slice(0, before), bad: 0 }, run).events);
    const most = told(expected({ values, bad: 0 }, run).events);
    const heard = told(events);
    same(heard, most.slice(0, Math.max(heard.length, least.length)));
    strictEqual(errors.filter(({ code }) => code === "ERR_MESSAGE_TOO_LARGE").length, 1, "errors of a frame too large");
}

function listen({ end, other }: Setup): Heard {
    const heard: Heard = { events: [], errors: [], others: [], last: false };
    end.on("receive", (value: unknown, { type, socket, callback }: Meta) => {
        if (other && socket === other.socket) heard.others.push(value);
        else if (value === LAST || (value as unknown[] | null)?.[0] === LAST) heard.last = true;
        else heard.events.push(["receive", value, type, Boolean(callback)]);
        callback?.("answer");
    });
    const requested = ({ uuid, data, type }: SockhopRequest, response: SockhopResponseWriteableStream): void => {
        heard.events.push(["request", named(uuid), data, type]);
        void response.send(1);
    };
    const failed = (error: { code?: string }): unknown => heard.errors.push(error);
    // One by one: the events of the two ends are not of the same type.
    if (end instanceof SockhopServer) end.on("request", requested).on("error", failed);
    else end.on("request", requested).on("error", failed);
    return heard;
}

/** Starts a call or request for each of OPEN_IDS, and returns their real ids. */
async function ask(setup: Setup, { events }: Heard): Promise<string[]> {
    const { end, socket, peer } = setup;
    for (const [n, id] of OPEN_IDS.entries()) {
        if (n < OPEN_IDS.length / 2) {
            const callback = (value: unknown, { type }: Meta): unknown => events.push(["answer", id, value, type]);
            void (end instanceof SockhopServer ? end.send(socket, n, callback) : end.send(n, callback));
        } else {
            const stream = await (end instanceof SockhopServer ? end.request(socket, n) : end.request(n));
            stream.on("data", (data, type) => events.push(["packet", id, data, type]));
            stream.on("end", (error) => events.push(["end", id, Boolean(error)]));
        }
    }
    await until(
        () => lines(setup) === OPEN_IDS.length,
        () => "the questions do not go out",
    );
    const questions = Buffer.concat(peer.answers.splice(0)).toString().trim().split("\n");
    return questions.map((line) => {
        const { id, data } = JSON.parse(line) as { id?: string; data: { uuid: string } };
        return id ?? data.uuid;
    });
}

/**
 * The bytes with real ids instead of placeholders. Not after a backslash: "\0" is not JSON, and stays so, while
 * a real id may start with b or f.
 */
function dressed(all: Buffer, ids: readonly string[]): Buffer {
    for (const [n, id] of ids.entries()) {
        for (let at = -1; (at = all.indexOf(OPEN_IDS[n]!, at + 1)) !== -1;) if (all[at - 1] !== 0x5c) all.write(id, at);
    }
    return all;
}

/** Writes the bytes and the last message in chunks, with other messages in between; returns the number of those. */
async function write({ bare, terminator, lengths }: Bytes, { peer, other }: Setup, all: Buffer): Promise<number> {
    const frame = (data: unknown): Buffer =>
        Buffer.from(JSON.stringify(bare ? data : { type: "Array", data }) + terminator);
    const parts = pieces(Buffer.concat([all, frame([LAST])]), lengths);
    const step = Math.ceil(parts.length / OTHERS);
    let sent = 0;
    for (const [n, part] of parts.entries()) {
        if (other && n % step === 0) other.peer.write(frame([sent++]));
        peer.write(part);
        if (n % 256 === 255) await peer.drained();
    }
    return sent;
}

/** Number of frames written by an end. */
function lines({ peer }: Setup): number {
    let count = 0;
    for (const bytes of peer.answers) for (let at = -1; (at = bytes.indexOf(10, at + 1)) !== -1;) count += 1;
    return count;
}

/** The pending calls and responses of a connection. */
function kept({ callbacks, requests, responses }: Kept): number[] {
    return [callbacks?.size ?? 0, requests?.size ?? 0, responses?.size ?? 0];
}

interface Kept {
    callbacks: { size: number } | undefined;
    requests: { size: number } | undefined;
    responses: { size: number } | undefined;
}

/** The expected state. */
function open({ events }: Account): number[] {
    const over = (name: string): number => events.filter(([what]) => what === name).length;
    return [OPEN_IDS.length / 2 - over("answer"), OPEN_IDS.length / 2 - over("end"), 0];
}
