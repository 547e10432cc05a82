import { once } from "node:events";
import { expect } from "chai";
import { type Engine, type ServerOptions, type SockhopError, SockhopSession, memory_engine } from "../../../src";
import { messageOf } from "../../../src/runtime/thrownValues";
import { turns, until } from "../../support/eventLoop";
import { client, pair, placeOf, server } from "../../support/pair";
import { warnings } from "../../support/rejections";
import { type Served, cluster, serve } from "./support";

class Widget {
    constructor(
        readonly name: string,
        readonly at = new Date(0),
    ) {}
}

/** Resolves to the error of a promise that rejects. */
async function errorOf(promise: Promise<unknown>): Promise<SockhopError> {
    return promise.then(
        () => expect.fail("it has resolved"),
        (error: unknown) => error as SockhopError,
    );
}

/** Two servers; the id of the session of the second one. */
async function two(options: ServerOptions = {}): Promise<{ a: Served; b: Served; id: string }> {
    const [a, b] = (await cluster(options, options)) as [Served, Served];
    return { a, b, id: b.s.id_of(b.s.sessions[0]!) };
}

describe("Requests between servers, over an engine in memory", () => {
    it("get values of classes, with the codec binary, too", async () => {
        for (const codec of [undefined, "binary"] as const) {
            const { a, b } = await two({ classes: [Widget], ...(codec && { codec }) });
            b.s.cluster!.handle("Widget", (widget: Widget) => {
                expect(widget).to.be.instanceOf(Widget);
                return new Widget(`${widget.name}!`, new Date(5));
            });
            const response = (await a.s.cluster!.ask(b.s.cluster!.id!, new Widget("a"))) as Widget;
            expect(response).to.be.instanceOf(Widget);
            expect(response.name).to.equal("a!");
            if (codec) expect(response.at).to.deep.equal(new Date(5));
        }
    });

    it("work between a server with the codec binary, and servers without it", async () => {
        const all = await cluster({ codec: "binary" }, {}, { peer_type: "json" });
        for (const { s } of all) s.cluster!.handle("sum", (numbers: number[]) => numbers[0]! + numbers[1]!);
        for (const { s } of all) {
            const { answers, failures } = await s.cluster!.ask_all([1, 2], { type: "sum" });
            expect([[...answers.values()], failures]).to.deep.equal([[3, 3], []]);
        }
    });

    for (const when of ["at once", "one after the other"]) {
        it(`are handled by each new server from the event join on, also if several join ${when}`, async () => {
            const engine = memory_engine();
            const outcomes: unknown[] = [];
            const servers = Array.from({ length: 5 }, () => server({ cluster: { engine, heartbeat: 60_000 } }));
            for (const { cluster: own } of servers) {
                own!.handle("uptime", () => "handled");
                own!.on("join", (member) => {
                    const asked = own!.ask(member, {}, { type: "uptime" });
                    void asked.catch(messageOf).then((outcome) => outcomes.push(outcome));
                });
            }
            if (when === "at once") await Promise.all(servers.map((s) => s.listen()));
            else for (const s of servers) await s.listen();
            await until(() => outcomes.length === 20);
            expect(outcomes).to.deep.equal(Array(20).fill("handled"));
        });
    }

    it("have the data of the error of a handler as its codec expresses it, and none if it cannot be sent", async () => {
        const data = { at: new Date(5), ids: new Map([[1, 2]]), size: 3n };
        const [a, b, lines] = (await cluster({ codec: "binary" }, { codec: "binary" }, {})) as [Served, Served, Served];
        for (const { s } of [b, lines]) {
            s.on("error", () => undefined);
            s.cluster!.handle("fail", (large) => {
                throw Object.assign(new Error("no"), { code: "E_NO", data: large ? "x".repeat(10 * 2 ** 20) : data });
            });
        }
        const remote = async ({ s }: Served, large: boolean): Promise<unknown> =>
            (await errorOf(a.s.cluster!.ask(s.cluster!.id!, large, { type: "fail" }))).remote;
        expect(await remote(b, false)).to.deep.equal({ message: "no", code: "E_NO", data });
        for (const each of [b, lines]) expect(await remote(each, true)).to.include({ message: "no" });
        expect(await remote(lines, false)).to.deep.equal({ message: "no", code: "E_NO" });
    });

    it("emit the error of a failing handler on its server", async () => {
        const { a, b } = await two();
        const errors: unknown[] = [];
        b.s.on("error", (error) => errors.push(error));
        b.s.cluster!.handle("fail", () => Promise.reject(new Error("no")));
        expect((await errorOf(a.s.cluster!.ask(b.s.cluster!.id!, {}, { type: "fail" }))).code).to.equal(
            "ERR_REQUEST_FAILED",
        );
        expect(errors).to.have.length(1);
    });

    it("fail at once if the requester was silent for a while, because the signal of the handler is aborted", async () => {
        const engine = memory_engine();
        let ignored: string | undefined;
        const deaf: Engine = {
            connect: (topics, heard, lost) => {
                const hear = (topic: string, text: string): void => {
                    if (ignored === undefined || !text.includes(ignored)) heard(topic, text);
                };
                return engine.connect(topics, hear, lost);
            },
        };
        const [a, b] = [await serve(engine), await serve(deaf)];
        await until(() => [a, b].every(({ s }) => s.cluster!.members.length === 2));
        const signals: AbortSignal[] = [];
        b.s.cluster!.handle("never", (data, { signal }) => {
            signals.push(signal);
            return new Promise(() => undefined);
        });
        const failed = errorOf(a.s.cluster!.ask(b.s.cluster!.id!, {}, { type: "never", timeout: Infinity }));
        await until(() => signals.length === 1);
        ignored = a.s.cluster!.id;
        await once(b.s.cluster!, "leave");
        ignored = undefined;
        expect(signals[0]!.aborted).to.equal(true);
        expect(await failed).to.include({ code: "ERR_REQUEST_FAILED" });
    });

    it("end when the server closes", async () => {
        const { a, b } = await two();
        b.s.cluster!.handle("never", () => new Promise(() => undefined));
        const error = errorOf(a.s.cluster!.ask(b.s.cluster!.id!, {}, { type: "never" }));
        const own = errorOf(b.s.cluster!.ask(b.s.cluster!.id!, {}, { type: "never" }));
        await b.s.close();
        expect([(await error).code, (await own).code]).to.deep.equal(["ERR_NO_MEMBER", "ERR_ABORTED"]);
    });
});

describe("server.session(id)", () => {
    it("sends to the client of a session, here and on another server, with the type", async () => {
        const { a, b, id } = await two();
        for (const { s } of [a, b]) {
            await s.session(id).send(new Widget("a"));
            await s.session(id).send({ n: 1 }, { type: "Number" });
        }
        await until(() => b.received.length === 4);
        expect(b.received.map(([, type]) => type)).to.deep.equal(["Widget", "Number", "Widget", "Number"]);
        expect(a.received).to.deep.equal([]);
    });

    it("keeps the values of the codec binary", async () => {
        const { a, b, id } = await two({ codec: "binary" });
        await a.s.session(id).send({ at: new Date(7), map: new Map([[1, 2n]]) });
        await until(() => b.received.length === 1);
        expect(b.received[0]![0]).to.deep.equal({ at: new Date(7), map: new Map([[1, 2n]]) });
    });

    it("passes on instances, also of classes that the other server does not have, or that refuse them there", async () => {
        class Refusing {
            static readonly sockhop_type = "Widget";
            static fromJSON(): never {
                throw new Error("This value is not for a server");
            }
        }
        for (const codec of [undefined, "binary"] as const) {
            for (const classes of [[], [Refusing]]) {
                const options = { ...(codec && { codec }) };
                const [a, b] = (await cluster({ ...options, classes: [Widget] }, { ...options, classes })) as [
                    Served,
                    Served,
                ];
                const c = client({ ...options, classes: [Widget], ...placeOf(b.s) });
                await c.connect();
                await until(() => b.s.sessions.length === 2);
                const session = a.s.session(b.s.id_of(b.s.sessions[1]!));
                const received: unknown[] = [];
                c.on("receive", (value) => received.push(value));
                c.handle("Widget", (value) => received.push(value));
                const widget = new Widget("a");
                await session.send(widget);
                await session.ask(widget);
                if (codec) await session.send({ widget });
                await until(() => received.length === (codec ? 3 : 2));
                const [sent, asked, nested] = received as [Widget, Widget, { widget: Widget } | undefined];
                for (const each of [sent, asked, nested?.widget ?? sent]) expect(each).to.be.instanceOf(Widget);
            }
        }
    });

    it("asks the client of a session", async () => {
        const { a, b, id } = await two();
        b.c.handle("double", (n: number) => 2 * n);
        b.c.on("error", () => undefined);
        b.c.handle("fail", () => {
            throw Object.assign(new Error("no"), { code: "E_NO", data: { n: 1 } });
        });
        for (const { s } of [a, b]) {
            expect(await s.session(id).ask(4, { type: "double" })).to.equal(8);
            const error = await errorOf(s.session(id).ask(4, { type: "fail" }));
            expect(error).to.include({ code: "ERR_REQUEST_FAILED", message: "no" });
            expect(error.remote).to.deep.equal({ message: "no", code: "E_NO", data: { n: 1 } });
            expect((await errorOf(s.session(id).ask(4, { type: "other" }))).code).to.equal("ERR_REQUEST_UNHANDLED");
        }
    });

    it("sends and asks values as large as max_message_size allows, and no larger ones", async () => {
        for (const codec of [undefined, "binary"] as const) {
            const { a, b, id } = await two({ max_message_size: 10_000, ...(codec && { codec }) });
            b.c.handle("length", (text: string) => text.length);
            for (const { s } of [a, b]) {
                for (const text of ['"'.repeat(4900), "x".repeat(9800)]) {
                    await s.session(id).send(text);
                    expect(await s.session(id).ask(text, { type: "length" })).to.equal(text.length);
                }
                const error = await errorOf(s.session(id).send("x".repeat(10_001)));
                expect(error.code).to.equal("ERR_MESSAGE_TOO_LARGE");
            }
            await until(() => b.received.length === 4);
        }
    });

    it("rejects with ERR_MESSAGE_TOO_LARGE above max_message_size of the other server alone, with any codec", async () => {
        for (const codec of [undefined, "binary"] as const) {
            const options = codec && { codec };
            const [a, b] = (await cluster({ ...options }, { ...options, max_message_size: 1000 })) as [Served, Served];
            const session = a.s.session(b.s.id_of(b.s.sessions[0]!));
            for (const sent of [session.send("x".repeat(2000)), session.ask("x".repeat(2000))]) {
                expect((await errorOf(sent)).code).to.equal("ERR_MESSAGE_TOO_LARGE");
            }
        }
    });

    it("cancels the request of an aborted ask()", async () => {
        const { a, b, id } = await two();
        let signal: AbortSignal | undefined;
        b.c.handle("never", (value, context) => {
            ({ signal } = context);
            return new Promise(() => undefined);
        });
        const controller = new AbortController();
        const error = errorOf(a.s.session(id).ask({}, { type: "never", signal: controller.signal }));
        await until(() => signal !== undefined);
        controller.abort();
        expect((await error).code).to.equal("ERR_ABORTED");
        await until(() => signal!.aborted);
    });

    it("waits without limit for a response if the timeout is Infinity, whatever the default of the other server", async () => {
        const [a, b] = (await cluster({}, { response_timeout: 1 })) as [Served, Served];
        const id = b.s.id_of(b.s.sessions[0]!);
        const ended = new Promise((resolve) => {
            b.c.handle("slow", async () => {
                const error = await errorOf(b.s.sessions[0]!.ask({}, { type: "never" })); // its timeout is over
                resolve(error.code);
                return "done";
            });
        });
        b.c.handle("never", () => new Promise(() => undefined));
        expect(await a.s.session(id).ask({}, { type: "slow", timeout: Infinity })).to.equal("done");
        expect(await ended).to.equal("ERR_RESPONSE_TIMEOUT");
    });

    it("closes the connection of a session", async () => {
        const { a, b, id } = await two();
        await a.s.session(id).kill({ timeout: 1000 });
        expect(b.s.sessions).to.deep.equal([]);
        await a.s.session(id).kill();
        await b.s.session(id).kill();
    });

    it("rejects if the session has ended, or its server has left, without an unhandled rejection", async () => {
        const { a, b, id } = await two();
        await b.c.disconnect();
        await until(() => b.s.sessions.length === 0);
        for (const { s } of [a, b]) {
            expect((await errorOf(s.session(id).send(1))).code).to.equal("ERR_SOCKET_DESTROYED");
            expect((await errorOf(s.session(id).ask(1))).code).to.equal("ERR_SOCKET_DESTROYED");
            void s.session(id).send(1);
        }
        await b.s.close();
        await until(() => a.s.cluster!.members.length === 1);
        void a.s.session(id).send(1);
        for (const unknown of [id, "", "nobody.1", "x".repeat(10_000)]) {
            expect((await errorOf(a.s.session(unknown).send(1))).code).to.equal("ERR_NO_MEMBER");
        }
    });

    it("rejects for invalid arguments", async () => {
        const { a, id } = await two();
        expect(() => a.s.session(1 as never))
            .to.throw()
            .with.property("code", "ERR_BAD_OPTION");
        expect((await errorOf(a.s.session(id).send(1, { type: "SockhopPing" }))).code).to.equal("ERR_BAD_OPTION");
        expect((await errorOf(a.s.session(id).kill({ timeout: -1 }))).code).to.equal("ERR_BAD_OPTION");
        expect((await errorOf(a.s.session(id).send((() => 1) as never))).code).to.equal("ERR_BAD_DATA");
    });

    it("works without a cluster, and the id stays the same until after disconnect", async () => {
        const { s, c } = await pair();
        const session = s.sessions[0]!;
        const id = s.id_of(session);
        expect(id).to.match(/^[0-9a-f]{12}\.1$/);
        c.on("receive", (value) => c.send(value));
        const received = new Promise((resolve) => s.on("receive", resolve));
        await s.session(id).send("hello");
        expect(await received).to.equal("hello");
        const last = new Promise((resolve) => s.on("disconnect", (socket, ended) => resolve(s.id_of(ended))));
        await s.session(id).kill();
        expect(await last).to.equal(id);
        expect((await errorOf(s.session(id).send(1))).code).to.equal("ERR_SOCKET_DESTROYED");
        expect((await errorOf(s.session("other.1").send(1))).code).to.equal("ERR_NO_MEMBER");
        expect((await errorOf(s.session("1").send(1))).message).to.equal("The server of this id is not in the cluster");
    });

    it("has new ids after the server has left the cluster and joined again", async () => {
        const { a, b, id } = await two();
        await b.s.sessions[0]!.join("lobby");
        await b.s.cluster!.leave();
        expect(b.s.id_of(b.s.sessions[0]!)).to.equal(id);
        await until(() => a.s.cluster!.members.length === 1);
        await b.s.cluster!.join();
        await until(() => [a, b].every(({ s }) => s.cluster!.members.length === 2));
        const { sessions } = await a.s.group("lobby").members();
        expect(sessions).to.deep.equal([{ id: b.s.id_of(b.s.sessions[0]!), member: b.s.cluster!.id }]);
        await a.s.session(sessions[0]!.id).send("new");
        await b.s.session(sessions[0]!.id).send("new, here");
        await b.s.session(id).send("old, here");
        expect((await errorOf(a.s.session(id).send("old"))).code).to.equal("ERR_NO_MEMBER");
        await until(() => b.received.length === 3);
        expect(b.received.map(([value]) => value)).to.deep.equal(["new", "new, here", "old, here"]);
    });

    it("keeps the id of a session that has ended, and does not find it by any of its ids", async () => {
        const { a, b, id: old } = await two();
        await b.s.cluster!.leave();
        await b.s.cluster!.join();
        await until(() => [a, b].every(({ s }) => s.cluster!.members.length === 2));
        const session = b.s.sessions[0]!;
        const id = b.s.id_of(session);
        await b.s.session(old).kill();
        for (const ended of [old, id])
            expect((await errorOf(b.s.session(ended).send(1))).code).to.equal("ERR_SOCKET_DESTROYED");
        expect((await errorOf(a.s.session(id).send(1))).code).to.equal("ERR_SOCKET_DESTROYED");
        await b.s.close();
        await b.s.listen();
        expect(b.s.id_of(session)).to.equal(id);
    });

    it("has an id for the sessions of its server only", async () => {
        const { a, b } = await two();
        for (const session of [b.s.sessions[0]!, new SockhopSession(), null as never, {} as never]) {
            expect(() => a.s.id_of(session))
                .to.throw()
                .with.property("code", "ERR_NO_SOCKET");
        }
    });

    it("finds nothing that a hostile server asks for in another way", async () => {
        const { a, b, id } = await two();
        const ask = (data: unknown): Promise<unknown> =>
            a.s.cluster!._requests.ask(b.s.cluster!.id, data, { type: "sockhop:session" });
        const operations = [
            null,
            { do: "send" },
            { do: "exec", id, value: "{}" },
            { do: "send", id, value: "{" },
            { do: "send", id, value: "#AA==" },
            { do: "send", id, value: '{"type":"SockhopPing","data":{}}' },
            { do: "send", id: "__proto__", value: '{"type":"A","data":1}' },
            { do: "ask", id, value: '{"type":"A","data":1,"id":"x"}' },
        ];
        for (const operation of operations) expect(await ask(operation)).to.have.nested.property("failure.code");
        expect(b.received).to.deep.equal([]);
        expect(b.s.sessions).to.have.length(1);
    });
});

describe("group.count() and group.members()", () => {
    it("count and list the sessions of all servers", async () => {
        const all = await cluster({}, {}, {});
        for (const { s } of all.slice(1)) await s.sessions[0]!.join("lobby");
        for (const { s } of all) {
            const group = s.group("lobby");
            expect(await group.count()).to.deep.equal({ clients: 2, missing: [] });
            const { sessions, missing } = await group.members();
            expect(missing).to.deep.equal([]);
            expect(sessions.map(({ id }) => id)).to.have.members(
                all.slice(1).map((each) => each.s.id_of(each.s.sessions[0]!)),
            );
            expect(sessions.map(({ member }) => member)).to.have.members(
                all.slice(1).map((each) => each.s.cluster!.id),
            );
        }
        expect(await all[0]!.s.group("empty").count()).to.deep.equal({ clients: 0, missing: [] });
    });

    it("name the servers that do not respond, or respond with nonsense", async () => {
        const all = await cluster({}, {}, {});
        const [a, b, c] = all as [Served, Served, Served];
        for (const type of ["sockhop:count", "sockhop:members"]) {
            for (const { s } of [b, c]) s.cluster!._requests.unhandle(type);
            b.s.cluster!._requests.handle(type, () => new Promise(() => undefined));
            c.s.cluster!._requests.handle(type, () => [-1, "x".repeat(1000)]);
        }
        await a.s.sessions[0]!.join("lobby");
        const missing = [b, c].map(({ s }) => s.cluster!.id);
        const count = await a.s.group("lobby").count({ timeout: 200 });
        expect(count.clients).to.equal(1);
        expect(count.missing).to.have.members(missing);
        const members = await a.s.group("lobby").members({ timeout: 200 });
        expect(members.sessions).to.have.length(1);
        expect(members.missing).to.have.members(missing);
    });

    it("list all sessions of a server that has very many", async () => {
        const { a, b } = await two();
        const ids = Array.from({ length: 200_000 }, (_, index) => `${b.s.cluster!.id!}.${index}`);
        b.s.cluster!._requests.unhandle("sockhop:members");
        b.s.cluster!._requests.handle("sockhop:members", () => ids);
        const { sessions, missing } = await a.s.group("lobby").members();
        expect([sessions.length, missing]).to.deep.equal([200_000, []]);
    });

    it("reject for invalid options, also without a cluster", async () => {
        for (const s of [server(), (await two()).a.s]) {
            const group = s.group("lobby");
            for (const options of [{ timeout: -1 }, { signal: {} as AbortSignal }]) {
                expect((await errorOf(group.count(options))).code).to.equal("ERR_BAD_OPTION");
                expect((await errorOf(group.members(options))).code).to.equal("ERR_BAD_OPTION");
            }
        }
    });

    it("warn of an option that they do not have", async () => {
        const heard = warnings();
        await server()
            .group("lobby")
            .count({ timoot: 500 } as object);
        await server()
            .group("lobby")
            .members({ signol: 500 } as object);
        await turns(1);
        expect(heard.map(({ message }) => message)).to.deep.equal([
            'Unknown option "timoot" of count(): did you mean "timeout"?',
            'Unknown option "signol" of members(): did you mean "signal"?',
        ]);
    });

    it("count the sessions of this server without a cluster", async () => {
        const { s } = await pair();
        await s.sessions[0]!.join("lobby");
        expect(await s.group("lobby").count()).to.deep.equal({ clients: 1, missing: [] });
        const id = s.id_of(s.sessions[0]!);
        expect(await s.group("lobby").members()).to.deep.equal({
            sessions: [{ id, member: id.split(".")[0] }],
            missing: [],
        });
        expect(await server().group("lobby").count()).to.deep.equal({ clients: 0, missing: [] });
    });
});
