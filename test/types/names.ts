// Types of messages and requests whose values have one type, and several names. Nothing here runs: `npm run types` checks it.
import type { Socket } from "node:net";
import { expectTypeOf } from "expect-type";
import type {
    Protocol,
    RemoteSession,
    Reply,
    RequestOptions,
    SockhopClient,
    SockhopResponseReadableStream,
    SockhopServer,
    SockhopSession,
} from "../../src";

interface End {
    messages: { up: { by: number }; down: { by: number }; say: { text: string } };
    replies: { up: number; down: string };
    requests: { load: { data: { id: string }; answer: number }; name: { data: { id: string }; answer: string } };
}

interface Names {
    client: End;
    server: End;
}

type Stream<T> = SockhopResponseReadableStream<T>;
const id = { id: "a" };

export function client(end: SockhopClient<Names>): void {
    expectTypeOf(end.ask(id, { type: "load" })).resolves.toEqualTypeOf<number>();
    expectTypeOf(end.ask(id, { type: "name", timeout: 5 })).resolves.toEqualTypeOf<string>();
    expectTypeOf(end.request(id, { type: "load" })).resolves.toEqualTypeOf<Stream<number>>();
    // @ts-expect-error -- no such request
    void end.ask(id, { type: "laod" });
    // @ts-expect-error -- a message is not a request
    void end.ask(id, { type: "up" });

    // Without a name, it may be any of them.
    expectTypeOf(end.ask(id)).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(end.ask()).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(end.ask(id, null)).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(end.ask(id, { timeout: 5 })).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(end.ask(id, { type: undefined })).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(end.ask<{ id: string }>(id, { type: "load" })).resolves.toEqualTypeOf<number | string>();
    const options = {} as RequestOptions<"load" | "name">;
    expectTypeOf(end.ask(id, options)).resolves.toEqualTypeOf<number | string>();

    void end.send({ by: 1 }, (reply) => expectTypeOf(reply).toEqualTypeOf<number>(), { type: "up" });
    void end.send({ by: 1 }, (reply) => expectTypeOf(reply).toEqualTypeOf<string>(), {
        type: "down",
        failed: (error) => expectTypeOf(error.code).toBeString(),
    });
    void end.send({ by: 1 }, (reply) => expectTypeOf(reply).toEqualTypeOf<number | string>());
    void end.send<{ by: number }>({ by: 1 }, (reply) => expectTypeOf(reply).toEqualTypeOf<number | string>());
    void end.send({ by: 1 }, null, { type: "up" });
    // @ts-expect-error -- a message without a reply
    void end.send({ text: "a" }, () => undefined, { type: "say" });
    // @ts-expect-error -- the reply to it is a number
    void end.send({ by: 1 }, (reply: string) => reply, { type: "up" });

    end.on("receive:up", (value, { callback }) => {
        expectTypeOf(callback).toEqualTypeOf<Reply<number> | undefined>();
    });
    end.on("receive:say", (value, { callback }) => {
        expectTypeOf(callback).toEqualTypeOf<Reply<unknown> | undefined>();
    });
}

export function server(end: SockhopServer<Names>, socket: Socket): void {
    expectTypeOf(end.ask(socket, id, { type: "load" })).resolves.toEqualTypeOf<number>();
    expectTypeOf(end.ask(socket, id)).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(end.request(socket, id, { type: "name" })).resolves.toEqualTypeOf<Stream<string>>();
    void end.send(socket, { by: 1 }, (reply) => expectTypeOf(reply).toEqualTypeOf<string>(), { type: "down" });
}

export function session(end: SockhopSession<Names>, other: RemoteSession<Names>): void {
    expectTypeOf(end.ask(id, { type: "load" })).resolves.toEqualTypeOf<number>();
    expectTypeOf(end.request(id, { type: "name" })).resolves.toEqualTypeOf<Stream<string>>();
    void end.send({ by: 1 }, (reply) => expectTypeOf(reply).toEqualTypeOf<number>(), { type: "up" });
    expectTypeOf(other.ask(id, { type: "load" })).resolves.toEqualTypeOf<number>();
    expectTypeOf(other.ask(id)).resolves.toEqualTypeOf<number | string>();
}

export function untyped(end: SockhopClient, type: string): void {
    expectTypeOf(end.ask(id, { type })).resolves.toBeAny();
    expectTypeOf(end.ask<object>(id, { type: "load" })).resolves.toBeAny();
    void end.send(id, (reply) => expectTypeOf(reply).toBeAny(), { type });
}

/** Functions for any protocol still compile. */
export function generic<P extends Protocol>(end: SockhopClient<P>, options: RequestOptions): SockhopClient {
    const any: SockhopClient = end;
    void any.ask(id, options);
    return any;
}

/** A subclass may have the methods of an earlier version. */
export abstract class Subclass extends (Object as unknown as typeof SockhopClient) {
    override ask(value?: unknown, options?: RequestOptions | null): Promise<unknown> {
        return super.ask(value, options);
    }
}
