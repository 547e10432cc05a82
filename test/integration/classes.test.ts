import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import type { SockhopClient, SockhopError, SockhopServer } from "../../src";
import { client, later, pair, placeOf, rejection, server } from "../support/pair";

class Widget {
    constructor(readonly id: number) {}

    get label(): string {
        return `widget ${this.id}`;
    }
}

class Order {
    static readonly sockhop_type = "shop.Order";
    readonly #items: readonly string[];

    constructor(items: readonly string[]) {
        this.#items = items;
    }

    get size(): number {
        return this.#items.length;
    }

    toJSON(): unknown {
        return this.#items;
    }

    static fromJSON(data: unknown): Order {
        if (!Array.isArray(data)) throw new TypeError("the items are missing");
        return new Order(data.map(String));
    }
}

const classes = [Widget, Order];

/** Published releases, which know nothing of the option. */
const RELEASES = ["sockhop-1.8.4", "sockhop-1.2.11"];

/** Client and server of a release, with the types of today. */
async function load(name: string): Promise<{ client: typeof SockhopClient; server: typeof SockhopServer }> {
    return ((await import(name)) as { default: { client: typeof SockhopClient; server: typeof SockhopServer } })
        .default;
}

describe("classes", () => {
    for (const codec of ["json", "binary"] as const) {
        describe(`with the codec ${codec}`, () => {
            it("revive messages, calls and replies", async () => {
                const { s, c } = await pair({ classes, codec });
                const received: unknown[] = [];
                s.on("receive:Widget", (widget, { callback }) => {
                    received.push(widget);
                    callback?.(new Order(["a", "b"]));
                });
                const order = await new Promise((resolve, reject) => {
                    c.send(new Widget(5), resolve).catch(reject);
                });
                expect(order).to.be.an.instanceof(Order).with.property("size", 2);
                expect(received[0]).to.be.an.instanceof(Widget).with.property("label", "widget 5");

                const arrived = once(c, "receive:shop.Order") as Promise<[Order, { type: string }]>;
                await s.sendall(new Order(["c"]));
                const [order2, { type }] = await arrived;
                expect(order2).to.be.an.instanceof(Order).with.property("size", 1);
                expect(type).to.equal("shop.Order");
            });

            it("revive requests, responses of every kind, and messages()", async () => {
                const { s, c } = await pair({ classes, codec });
                s.handle("Widget", (widget: unknown) => {
                    expect(widget).to.be.an.instanceof(Widget);
                    return new Widget((widget as Widget).id + 1);
                });
                s.handle("shop.Order", async function* (order: unknown) {
                    expect(order).to.be.an.instanceof(Order);
                    yield new Widget(await Promise.resolve(1));
                    yield new Order(["x"]);
                    yield { plain: true };
                });
                expect(await c.ask(new Widget(1)))
                    .to.be.an.instanceof(Widget)
                    .with.property("label", "widget 2");
                const packets = (await (await c.request(new Order([]))).all()) as { data: unknown; type: string }[];
                expect(packets.map(({ type }) => type).slice(0, 3)).to.deep.equal(["Widget", "shop.Order", "Object"]);
                expect(packets[0]?.data).to.be.an.instanceof(Widget);
                expect(packets[1]?.data).to.be.an.instanceof(Order);
                expect(packets[2]?.data).to.deep.equal({ plain: true });

                const messages = c.messages();
                await s.sendall(new Widget(7));
                const { value } = (await messages.next()) as { value: { type: string; value: unknown } };
                expect(value.type).to.equal("Widget");
                expect(value.value).to.be.an.instanceof(Widget).with.property("id", 7);
                await messages.return?.();
            });

            it("are sent by the names of an object, and revived by those of the receiver", async () => {
                const { s, c } = await pair(
                    { classes: { "v2.Thing": Order, thing: Widget }, codec },
                    { classes: { thing: Widget, "v2.Thing": Widget }, codec },
                );
                const arrived = once(s, "receive") as Promise<[unknown, { type: string }]>;
                await c.send(new Widget(1));
                const [value, { type }] = await arrived;
                expect(type).to.equal("thing");
                expect(value).to.be.an.instanceof(Widget);

                const answered = once(c, "receive") as Promise<[unknown, { type: string }]>;
                await s.sendall(new Order(["a"]));
                expect((await answered)[1].type).to.equal("v2.Thing");
            });

            it("report data that fromJSON refuses as one bad frame, and the connection continues", async () => {
                class Wrong {
                    toJSON = (): object => ({});
                    static fromJSON = (): Wrong => new Wrong();
                }
                const { s, c } = await pair({ classes, codec }, { classes: { "shop.Order": Wrong }, codec });
                const errors: SockhopError[] = [];
                s.on("error", (error) => errors.push(error as SockhopError));
                const received: unknown[] = [];
                s.on("receive", (value) => received.push(value));
                await c.send(new Wrong());
                const after = new Promise((resolve) => s.once("receive:String", resolve));
                await c.send("after");
                await after;
                expect(received).to.deep.equal(["after"]);
                expect(errors.map(({ code }) => code)).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
                expect(errors[0]?.message).to.include(
                    "fromJSON() of the class shop.Order failed: the items are missing",
                );
                expect(errors[0]?.cause).to.be.an.instanceof(TypeError);
            });
        });
    }

    it("are revived by the type option, and left alone without a registration", async () => {
        const { s, c } = await pair({ classes }, {});
        const arrived: unknown[] = [];
        s.on("receive", (value) => arrived.push(value));
        c.on("receive", (value) => arrived.push(value));
        await c.send({ id: 3 }, null, { type: "Widget" });
        await once(s, "receive:Widget");
        expect(arrived[0]).to.be.an.instanceof(Widget).with.property("label", "widget 3");
        await s.sendall(new Widget(4));
        await once(c, "receive:Widget");
        expect(Object.getPrototypeOf(arrived[1])).to.equal(Object.prototype);
        expect(arrived[1]).to.deep.equal({ id: 4 });
    });

    it("revive nothing for a json peer, and only the value of a message in JSON lines", async () => {
        const { s, c } = await pair({ classes });
        const arrived = once(s, "receive") as Promise<[Record<string, unknown>]>;
        await c.send({ inner: new Widget(1) });
        expect((await arrived)[0]["inner"]).to.deep.equal({ id: 1 });

        const bare = await pair({ classes, peer_type: "json" });
        const value = once(bare.s, "receive") as Promise<[unknown]>;
        await bare.c.send(new Widget(1));
        expect((await value)[0])
            .to.deep.equal({ id: 1 })
            .and.not.be.an.instanceof(Widget);
    });

    it("are not changed by ids that are no UUIDs", async () => {
        const s = server({ classes });
        await s.listen();
        s.handle("Widget", (widget: unknown) => widget);
        const socket = net.connect(s.get_bound_port()!);
        later(() => socket.destroy());
        socket.write('{"type":"SockhopRequest","data":{"uuid":7,"data":{"id":1},"type":"Widget"}}\n');
        const [chunk] = (await once(socket, "data")) as [Buffer];
        expect(JSON.parse(chunk.toString())).to.deep.equal({
            type: "SockhopResponsePacket",
            data: { uuid: 7, type: "Widget", data: { id: 1 }, last: true },
        });
    });

    it("reject invalid classes at once", async () => {
        for (const end of [client, server]) {
            expect(() => end({ classes: { Object: Widget } }))
                .to.throw(/built-in/)
                .with.property("code", "ERR_BAD_OPTION");
        }
        const { c } = await pair({ classes: { SockhopWidget: Widget } });
        expect((await rejection(c.send({ big: 1n }))).message).to.match(/a BigInt, at \.big$/);
    });

    for (const name of RELEASES) {
        it(`revive what a server of ${name} sends`, async () => {
            const { server: Server } = await load(name);
            const old = new Server({ port: 0 });
            later(() => old.close());
            await old.listen();
            const { port } = old.server.address() as net.AddressInfo;
            old.on("receive", (value: { id: number }, { callback }) => {
                callback?.(new Widget(value.id + 1));
            });
            old.on("request", (_request, response) => {
                void response.send(new Widget(9));
            });
            const c = client({ port, classes });
            await c.connect();
            const reply = await new Promise((resolve, reject) => {
                c.send(new Widget(1), resolve).catch(reject);
            });
            expect(reply).to.be.an.instanceof(Widget).with.property("label", "widget 2");
            const arrived = once(c, "receive:Widget") as Promise<[unknown]>;
            await old.sendall(new Widget(3));
            expect((await arrived)[0]).to.be.an.instanceof(Widget);
            if (name === "sockhop-1.2.11") return; // it has no requests
            expect(await c.ask(new Widget(1)))
                .to.be.an.instanceof(Widget)
                .with.property("id", 9);
        });

        it(`revive what a client of ${name} sends`, async () => {
            const { client: Client } = await load(name);
            const s = server({ classes });
            await s.listen();
            const old = new Client({ ...placeOf(s), address: "127.0.0.1" });
            later(() => {
                // It never clears this timer.
                clearInterval((old as unknown as { _auto_reconnect_timer: NodeJS.Timeout })._auto_reconnect_timer);
                return old.disconnect();
            });
            await old.connect();
            const arrived = once(s, "receive:Widget") as Promise<[unknown]>;
            await old.send(new Widget(5));
            expect((await arrived)[0])
                .to.be.an.instanceof(Widget)
                .with.property("label", "widget 5");
            const order = once(s, "receive:Order") as Promise<[unknown]>; // 1.x does not know sockhop_type
            await old.send(new Order(["a"]));
            expect((await order)[0]).to.deep.equal(["a"]);
            const back = once(old, "receive") as Promise<[unknown, { type: string }]>;
            await s.sendall(new Order(["b"]));
            expect((await back)[0]).to.deep.equal(["b"]);
            expect((await back)[1].type).to.equal("shop.Order");
        });
    }
});
