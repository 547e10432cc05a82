import { expect } from "chai";
import { deserialize, serialize } from "node:v8";
import { type ServerOptions, type SockhopError, SockhopServer, memory_engine } from "../../../src";
import { until } from "../../support/eventLoop";
import { unhandled, warnings } from "../../support/rejections";
import { client, placeOf, raw, socketPath } from "../../support/pair";
import { LARGE } from "../../support/slowReaders";
import { HEARTBEAT, type Served, cluster, received, serve } from "./support";

class Widget {
    constructor(readonly name: string) {}
}

describe("Three servers of a cluster", () => {
    it("send to the clients of all, with the type, in order", async () => {
        const all = await cluster({}, {}, {});
        const [{ s }] = all as [(typeof all)[0]];
        const sent = await Promise.all([
            s.sendall(new Widget("a")),
            s.sendall({ n: 1 }, { type: "Number" }),
            s.sendall({ n: 2 }),
        ]);
        expect(sent).to.deep.equal([[undefined], [undefined], [undefined]]);
        await until(() => all.every((each) => each.received.length === 3));
        for (const each of all) {
            expect(each.received).to.deep.equal([
                [{ name: "a" }, "Widget"],
                [{ n: 1 }, "Number"],
                [{ n: 2 }, "Object"],
            ]);
        }
    });

    it("send thousands of values in the order of the calls", async () => {
        const all = await cluster({}, {}, {});
        const count = 5000;
        for (let n = 0; n < count; n++) void all[n % 3]!.s.sendall({ from: n % 3, n });
        await until(() => all.every((each) => each.received.length === count));
        for (const each of all) {
            for (const from of [0, 1, 2]) {
                const numbers = each.received
                    .map(([value]) => value as { from: number; n: number })
                    .filter((value) => value.from === from)
                    .map(({ n }) => n);
                expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
            }
            expect(each.s.cluster!.stats).to.include({ missed: 0, refused: 0 });
        }
    });

    it("send to their own clients only with local", async () => {
        const all = await cluster({}, {}, {});
        await all[1]!.s.sendall("local", { local: true });
        await all[1]!.s.sendall("all");
        expect(await received(all, "all")).to.deep.equal([["all"], ["local", "all"], ["all"]]);
        expect(all[1]!.s.cluster!.stats.messages_sent).to.equal(1);
    });

    it("send to the members of a group, wherever they are", async () => {
        const all = await cluster({}, {}, {});
        for (const { s } of [all[0]!, all[2]!]) await s.sessions[0]!.join("lobby");
        expect(await all[1]!.s.group("lobby").sendall("to the lobby")).to.deep.equal([]);
        await received([all[0]!, all[2]!], "to the lobby");
        expect(await all[0]!.s.group("lobby").sendall("again")).to.deep.equal([undefined]);
        await all[0]!.s.sendall("to all");
        expect(await received(all, "to all")).to.deep.equal([
            ["to the lobby", "again", "to all"],
            ["to all"],
            ["to the lobby", "again", "to all"],
        ]);
    });

    it("send to nobody twice, who is a member of several groups with names like any other", async () => {
        const all = await cluster({}, {});
        const names = ["__proto__", "a\nb", "\u0000é\ud800", "@", "x".repeat(200)];
        for (const name of names) await all[1]!.s.sessions[0]!.join(name);
        for (const name of names) await all[0]!.s.group(name).sendall({ name });
        await all[0]!.s.sendall("end");
        expect(await received(all, "end")).to.deep.equal([["end"], [...names.map((name) => ({ name })), "end"]]);
    });

    it("leave out the clients of except, which are all on one server", async () => {
        const all = await cluster({}, {}, {});
        const { s } = all[0]!;
        expect(await s.sendall("others", { except: s.sessions })).to.deep.equal([]);
        await s.sendall("all");
        expect(await received(all, "all")).to.deep.equal([["all"], ["others", "all"], ["others", "all"]]);
    });

    it("know each other, with the number of clients, until they close", async () => {
        const all = await cluster({}, {}, {});
        const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
        await until(() => a.s.cluster!.members.every(({ clients }) => clients === 1));
        expect(a.s.cluster!.members.map(({ here }) => here)).to.deep.equal([true, false, false]);
        expect(a.s.cluster!.members[0]!.id).to.equal(a.s.cluster!.id);
        const events: unknown[] = [];
        a.s.cluster!.on("leave", ({ id }, reason) => events.push([id, reason]));
        const { id } = b.s.cluster!;
        await b.s.close();
        await until(() => events.length > 0);
        expect(events).to.deep.equal([[id, "left"]]);
        expect(b.s.cluster!.state).to.equal("left");
        expect(b.s.cluster!.members).to.deep.equal([]);
        expect(a.s.cluster!.members).to.have.lengthOf(2);
    });

    it("can listen again, with a new id", async () => {
        const all = await cluster({}, {});
        const { s } = all[1]!;
        const { id } = s.cluster!;
        await s.close();
        expect(await s.sendall("nobody is there")).to.deep.equal([]);
        await s.listen();
        expect(s.cluster!.state).to.equal("joined");
        expect(s.cluster!.id).not.to.equal(id);
        await s.sendall("back");
        expect(await received([all[0]!], "back")).to.deep.equal([["back"]]);
    });
});

describe("Values between servers", () => {
    const map = new Map([["a", new Date(0)]]);
    const codecs: Record<string, ServerOptions> = {
        lines: {},
        binary: { codec: "binary" },
        "another terminator": { terminator: "}}\u0000" },
        "a codec of the program": {
            codec: {
                name: "reversed",
                encode: (value: unknown) => Buffer.from(JSON.stringify(value)).reverse(),
                decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).reverse().toString()) as unknown,
            },
        },
        "json peers": { peer_type: "json", allow_non_objects: true },
    };
    for (const [from, sender] of Object.entries(codecs)) {
        it(`reach clients of any codec from a server with ${from}`, async () => {
            const all = await cluster(sender, ...Object.values(codecs));
            const values = [{ text: "}}\u0000 é \ud83d\ude00\n" }, [1, null], new Widget("w")];
            for (const value of values) await all[0]!.s.sendall(value);
            await until(() => all.every((each) => each.received.length === values.length));
            for (const each of all) {
                const isJson = each.s === all[5]!.s || (from === "json peers" && each === all[0]);
                expect(each.received.map(([value]) => value)).to.deep.equal([values[0], values[1], { name: "w" }]);
                if (!isJson) expect(each.received.map(([, type]) => type)).to.deep.equal(["Object", "Array", "Widget"]);
            }
        });
    }

    it("keep what JSON cannot express between servers with binary, and are converted for others", async () => {
        const all = await cluster({ codec: "binary" }, { codec: "binary" }, {});
        await all[0]!.s.sendall({ map, big: new Uint8Array([1, 2]) });
        await all[0]!.s.sendall({ date: new Date(0) });
        await until(() => all[1]!.received.length === 2 && all[2]!.received.length >= 1);
        expect(all[1]!.received[0]![0]).to.deep.equal({ map, big: new Uint8Array([1, 2]) });
        await until(() => all[2]!.received.some(([value]) => (value as { date?: string }).date !== undefined));
        expect(all[2]!.received.at(-1)![0]).to.deep.equal({ date: new Date(0).toJSON() });
    });

    it("call getters and toJSON() of a value once", async () => {
        for (const options of [{}, { codec: "binary" as const }]) {
            const all = await cluster(options, options);
            let calls = 0;
            const value = {
                get counted() {
                    return (calls += 1);
                },
            };
            await all[0]!.s.sendall(value);
            await until(() => all[1]!.received.length === 1);
            expect(calls).to.equal(1);
            expect(all[1]!.received[0]![0]).to.deep.equal({ counted: 1 });
        }
    });

    it("reject as without a cluster if they cannot be sent, and nobody gets anything", async () => {
        const all = await cluster({}, {});
        const { s } = all[0]!;
        const code = async (promise: Promise<unknown>): Promise<string> => {
            return promise.then(
                () => "none",
                (error: unknown) => (error as { code: string }).code,
            );
        };
        expect(await code(s.sendall(undefined as never))).to.equal("ERR_BAD_DATA");
        expect(await code(s.sendall(1n as never))).to.equal("ERR_BAD_DATA");
        expect(await code(s.sendall("x", { except: 5 as never }))).to.equal("ERR_BAD_OPTION");
        expect(await code(s.sendall("x", { type: 5 as never }))).to.equal("ERR_BAD_OPTION");
        await s.sendall("end");
        expect(await received(all, "end")).to.deep.equal([["end"], ["end"]]);
        expect(s.cluster!.stats).to.include({ messages_sent: 1, refused: 0 });
        expect(all[1]!.s.cluster!.stats).to.include({ missed: 0 });
    });
});

describe("A value of the codec binary that JSON cannot express", () => {
    it("reaches all clients with the codec, and is an error event of servers with others", async () => {
        const all = await cluster({ codec: "binary" }, { codec: "binary" }, {});
        const [a, b, c] = all as [Served, Served, Served];
        const line = client(placeOf(b.s));
        await line.connect();
        await until(() => b.s.sessions.length === 2);
        const errors: [string, SockhopError][] = [];
        b.s.on("error", (error: SockhopError) => errors.push(["b", error]));
        c.s.on("error", (error: SockhopError) => errors.push(["c", error]));
        expect(await a.s.sendall({ id: 1n })).to.deep.equal([undefined]);
        await a.s.sendall("end");
        expect(await received(all, "end")).to.deep.equal([[{ id: 1n }, "end"], [{ id: 1n }, "end"], ["end"]]);
        expect(errors.map(([server]) => server)).to.have.members(["b", "c"]);
        const text = "This value cannot be sent: a BigInt, at .id";
        for (const [, { code, message }] of errors) {
            expect(code).to.equal("ERR_BAD_DATA");
            expect(message).to.equal(`A value of another server did not reach clients of this one: ${text}`);
        }
        expect(b.s.cluster!.stats).to.include({ missed: 0 });
    });

    it("is that event also if a client that does not read misses it, too", async () => {
        const engine = memory_engine();
        const a = await serve(engine, { codec: "binary" });
        const b = await serve(engine, { codec: "binary", max_buffered: 1000, path: socketPath() });
        const errors: string[] = [];
        b.s.on("error", ({ code }: SockhopError) => errors.push(code));
        await raw(b.s);
        await until(() => b.s.sessions.length === 2);
        void b.s.sessions[1]!.send(LARGE);
        await until(() => b.s.sessions[1]!.buffered > 1000);
        const line = client(placeOf(b.s));
        await line.connect();
        await until(() => b.s.sessions.length === 3 && a.s.cluster!.members.length === 2);
        await a.s.sendall({ id: 1n });
        await a.s.sendall("end");
        await received([b], "end");
        await until(() => errors.length > 0);
        expect(errors).to.deep.equal(["ERR_BAD_DATA"]);
    });
});

describe("A value above max_message_size of another server", () => {
    for (const codec of [undefined, "binary"] as const) {
        it(`is not sent to its clients, which stay connected, and is an error event there: ${codec ?? "lines"}`, async () => {
            const options = codec && { codec };
            const [a, b] = (await cluster({ ...options }, { ...options, max_message_size: 1000 })) as [Served, Served];
            const errors: [string, string][] = [];
            b.s.on("error", ({ code, message }: SockhopError) => errors.push([code, message]));
            expect(await a.s.sendall({ text: "x".repeat(2000) })).to.deep.equal([undefined]);
            await a.s.sendall("end");
            expect((await received([b], "end"))[0]).to.deep.equal(["end"]);
            expect(errors).to.have.length(1);
            expect(errors[0]![0]).to.equal("ERR_MESSAGE_TOO_LARGE");
            expect(b.c.connected).to.equal(true);
        });
    }
});

describe("A value of a codec that JSON cannot express", () => {
    const codec = {
        name: "v8",
        encode: (value: unknown) => serialize(value),
        decode: (bytes: Uint8Array) => deserialize(bytes) as unknown,
    };

    it("reaches the clients of its server as without a cluster, and others are told that they miss it", async () => {
        const all = await cluster({ codec }, { codec });
        const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
        const heard = warnings();
        const errors: Error[] = [];
        const missed: [string, number][] = [];
        a.s.on("error", (error) => errors.push(error));
        b.s.cluster!.on("missed", ({ id }, count) => missed.push([id, count]));
        await a.s.sessions[0]!.join("lobby");
        expect(await a.s.sendall("before")).to.deep.equal([undefined]);
        expect(await a.s.sendall(1n as never)).to.deep.equal([undefined]);
        expect(await a.s.group("lobby").sendall(2n as never)).to.deep.equal([undefined]);
        expect(await a.s.group("nobody").sendall(3n as never)).to.deep.equal([]);
        expect(await a.s.sendall("end")).to.deep.equal([undefined]);
        expect(await received(all, "end")).to.deep.equal([
            ["before", 1n, 2n, "end"],
            ["before", "end"],
        ]);
        expect(missed).to.deep.equal([[a.s.cluster!.id, 3]]);
        expect(a.s.cluster!.stats).to.include({ messages_sent: 2, refused: 3 });
        expect(errors).to.deep.equal([]);
        expect(heard.map(({ message }) => message)).to.deep.equal([
            "A value did not reach other servers: This value cannot be sent: a BigInt",
        ]);
    });

    it("is told at the next heartbeat if it was the last one", async () => {
        const all = await cluster({ codec }, { codec });
        const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
        warnings();
        await a.s.sendall(1n as never);
        await until(() => b.s.cluster!.stats.missed === 1);
        expect(a.received.map(([value]) => value)).to.deep.equal([1n]);
    });

    it("rejects as without a cluster if no client can get it: then it was never sent", async () => {
        const all = await cluster({ codec }, { codec });
        const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
        const heard = unhandled();
        const { code } = await a.s.sendall((() => 1) as never).then(
            () => ({ code: "none" }),
            (error: unknown) => error as SockhopError,
        );
        expect(code).to.equal("ERR_BAD_DATA");
        void a.s.sendall((() => 1) as never);
        await until(() => heard.length === 1); // a mistake of the program, as without a cluster
        await a.s.sendall("end");
        expect(await received(all, "end")).to.deep.equal([["end"], ["end"]]);
        expect(a.s.cluster!.stats).to.include({ refused: 0 });
        expect(b.s.cluster!.stats).to.include({ missed: 0 });
    });
});

describe("The option cluster", () => {
    it("is not there by default", async () => {
        const { s, received: values } = await serve(memory_engine(), { cluster: undefined });
        expect(s.cluster).to.equal(undefined);
        await s.sendall("x", { local: true });
        await until(() => values.length === 1);
    });

    const engine = memory_engine();
    const BAD: unknown[] = [
        true,
        "redis://10.0.0.5",
        {},
        { engine: {} },
        { engine, name: "" },
        { engine, name: "a.b" },
        { engine, name: "x".repeat(65) },
        { engine, heartbeat: -1 },
        { engine, max_buffered: 0 },
        { engine, max_pending: "many" },
    ];
    for (const value of BAD) {
        it(`is refused by the constructor: ${JSON.stringify(value)}`, () => {
            expect(() => new SockhopServer({ cluster: value as never }))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        });
    }

    it("warns of a typing mistake", async () => {
        const heard = warnings();
        new SockhopServer({ cluster: { engine, hartbeat: 5 } as never });
        await until(() => heard.length > 0);
        expect(heard[0]!.message).to.equal('Unknown option "hartbeat" of cluster: did you mean "heartbeat"?');
    });

    it("separates clusters by their names", async () => {
        const one = await serve(engine, { cluster: { engine, name: "one", heartbeat: HEARTBEAT } });
        const two = await serve(engine, { cluster: { engine, name: "two", heartbeat: HEARTBEAT } });
        await one.s.sendall("to one");
        await two.s.sendall("to two");
        expect(await received([one], "to one")).to.deep.equal([["to one"]]);
        expect(await received([two], "to two")).to.deep.equal([["to two"]]);
        expect(one.s.cluster!.members).to.have.lengthOf(1);
    });

    it("joins servers that share the name of a memory engine", async () => {
        const all = [await serve(memory_engine("shared")), await serve(memory_engine("shared"))];
        await all[0]!.s.sendall("x");
        expect(await received(all, "x")).to.deep.equal([["x"], ["x"]]);
    });
});
