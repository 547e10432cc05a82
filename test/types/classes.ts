// Types of the option `classes`. Nothing here runs: `npm run types` checks it.
import { expectTypeOf } from "expect-type";
import Sockhop, {
    type Class,
    type Classes,
    type ClientOptions,
    SockhopClient,
    SockhopServer,
    SockhopSession,
    listen_or_connect,
} from "../../src";

class Widget {
    constructor(readonly id: number) {}

    use(): string {
        return `widget ${this.id}`;
    }
}

class Order {
    static readonly sockhop_type = "shop.Order";
    private constructor(readonly items: string[]) {}

    static fromJSON(data: unknown): Order {
        return new Order(data as string[]);
    }
}

class Other {
    readonly other = true;
}

class Visitor extends SockhopSession {
    user = "";
}

export function inferred(): void {
    const client = new Sockhop.client({ port: 5000, classes: { Widget, "shop.Order": Order } });
    client.on("receive:Widget", (widget, { type, callback }) => {
        expectTypeOf(widget).toEqualTypeOf<Widget>();
        expectTypeOf(type).toEqualTypeOf<"Widget">();
        callback?.(widget.use());
    });
    client.once("receive:shop.Order", (order) => {
        expectTypeOf(order).toEqualTypeOf<Order>();
    });
    client.on("receive:Other", (other) => {
        expectTypeOf(other).toBeAny();
    });
    client.on("receive", (value) => {
        expectTypeOf(value).toBeAny();
    });
    client.on("request:Widget", ({ data, type }, response) => {
        expectTypeOf(data).toEqualTypeOf<Widget>();
        expectTypeOf(type).toEqualTypeOf<"Widget">();
        void response.send("anything");
    });
    client.handle("Widget", (widget, { type }) => {
        expectTypeOf(widget).toEqualTypeOf<Widget>();
        expectTypeOf(type).toEqualTypeOf<"Widget">();
    });
    client.handle("Other", (other) => {
        expectTypeOf(other).toBeAny();
    });
    client.on("an event of your own", () => undefined);
    void client.send({ any: "value" });

    const server = new Sockhop.server({ session_type: Visitor, classes: [Widget, Order] });
    server.on("receive:shop.Order", (order, { session }) => {
        expectTypeOf(order).toEqualTypeOf<Order>();
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    server.on("request:shop.Order", ({ data }, response, { session }) => {
        expectTypeOf(data).toEqualTypeOf<Order>();
        expectTypeOf(session).toEqualTypeOf<Visitor>();
        void response.send(1);
    });
    server.handle("shop.Order", (order, { session }) => {
        expectTypeOf(order).toEqualTypeOf<Order>();
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    // The compiler does not know the name of this class.
    server.on("receive:Widget", (widget) => {
        expectTypeOf(widget).toBeAny();
    });

    expectTypeOf(new Sockhop.client()).toEqualTypeOf<SockhopClient>();
    expectTypeOf(new Sockhop.client({ port: 5 })).toEqualTypeOf<SockhopClient>();
    const clients: SockhopClient[] = [client, new SockhopClient({ classes: [Widget] })];
    const servers: SockhopServer[] = [server, new SockhopServer({ classes: { Widget } })];
    expectTypeOf(clients).toBeArray();
    expectTypeOf(servers).toBeArray();
}

export async function either(): Promise<void> {
    const { server, client } = await listen_or_connect({ name: "shop", session_type: Visitor, classes: { Widget } });
    server?.on("receive:Widget", (widget, { session }) => {
        expectTypeOf(widget).toEqualTypeOf<Widget>();
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    client?.on("receive:Widget", (widget) => {
        expectTypeOf(widget).toEqualTypeOf<Widget>();
    });
}

export function given(options: ClientOptions, classes: Classes, registered: readonly Class<Widget>[]): void {
    expectTypeOf(new SockhopClient(options)).toEqualTypeOf<SockhopClient>();
    expectTypeOf(new SockhopClient({ classes })).toEqualTypeOf<SockhopClient>();
    new SockhopClient({ classes: registered }).on("receive:Widget", (widget) => {
        expectTypeOf(widget).toBeAny();
    });
    new SockhopClient<Shop>({ classes: undefined });
}

interface Shop {
    client: {
        messages: { Widget: Widget };
        requests: { "shop.Order": { data: Order; answer: Widget } };
    };
    server: { messages: { Other: { readonly other: boolean }; Object: { text: string } } };
}

export function checked(): void {
    const client = new Sockhop.client<Shop>({ classes: { Widget, Other, "shop.Order": Order, Visitor } });
    client.on("receive:Other", ({ other }) => {
        expectTypeOf(other).toBeBoolean();
    });
    const server = new Sockhop.server<Shop>({ classes: [Widget, Order] });
    server.on("receive:Widget", (widget) => {
        expectTypeOf(widget).toEqualTypeOf<Widget>();
    });
    // @ts-expect-error -- an Other is no Widget
    new SockhopClient<Shop>({ classes: { Widget: Other } });
    // @ts-expect-error -- a Widget is no Order
    new SockhopServer<Shop>({ classes: { Widget, "shop.Order": Widget } });
    // @ts-expect-error -- no class
    new SockhopServer<Shop>({ classes: { Widget: "Widget" } });
    // @ts-expect-error -- no class
    new SockhopClient({ classes: [Widget, 5] });
    // @ts-expect-error -- an instance
    new SockhopClient({ classes: { Widget: new Widget(5) } });
}
