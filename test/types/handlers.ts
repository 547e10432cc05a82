// Types of request handlers. Nothing here runs: `npm run types` checks it.
import type { Socket } from "node:net";
import { expectTypeOf } from "expect-type";
import type { Handler, HandlerContext } from "../../src/endpoint/Handler";
import type { Protocol, RequestName } from "../../src/Protocol";

interface Chat {
    client: {
        requests: {
            History: { data: { since: number }; answer: string };
            WhoIs: { data: string; answer: { name: string } };
            Forget: { data: string; answer: undefined };
        };
    };
    server: { requests: { Alive: { data: { at: number }; answer: boolean } } };
}

interface Endpoint<P extends Protocol> {
    handle<K extends RequestName<P, "client">>(type: K, handler: Handler<P, "client", K>): void;
}

export function typed(endpoint: Endpoint<Chat>): void {
    endpoint.handle("History", (data, context) => {
        expectTypeOf(data).toEqualTypeOf<{ since: number }>();
        expectTypeOf(context).toEqualTypeOf<HandlerContext<"History">>();
        expectTypeOf(context.type).toEqualTypeOf<"History">();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(context.socket).toEqualTypeOf<Socket>();
        return "one line";
    });
    endpoint.handle("History", async ({ since }) => Promise.resolve(since.toFixed()));
    endpoint.handle("History", async function* ({ since }) {
        yield await Promise.resolve(since.toFixed());
    });
    endpoint.handle("WhoIs", (name) => ({ name }));

    endpoint.handle("Forget", () => {}); // eslint-disable-line @typescript-eslint/no-empty-function -- returns nothing
    endpoint.handle("Forget", async (name) => {
        await Promise.resolve(name);
    });
    endpoint.handle("Forget", () => undefined);

    // @ts-expect-error -- the response is not a string
    endpoint.handle("Forget", () => "yes");
    // @ts-expect-error -- the response is a string
    endpoint.handle("History", () => {}); // eslint-disable-line @typescript-eslint/no-empty-function -- returns nothing
    // @ts-expect-error -- the response is a string
    endpoint.handle("History", () => 5);
    // @ts-expect-error -- the response is a string
    endpoint.handle("History", async () => Promise.resolve(5));
    // @ts-expect-error -- each packet is a string
    endpoint.handle("History", async function* () {
        yield await Promise.resolve(5);
    });
    // @ts-expect-error -- there is no such request
    endpoint.handle("Histroy", () => "one line");
    // @ts-expect-error -- servers send it
    endpoint.handle("Alive", () => true);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function untyped(endpoint: Endpoint<any>): void {
    endpoint.handle("anything", (data, { type }) => {
        expectTypeOf(data).toBeAny();
        expectTypeOf(type).toBeString();
        return 5;
    });
    endpoint.handle("anything", (data: { since: number }) => data.since);
}
