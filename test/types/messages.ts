// Types of loops over messages. Nothing here runs: `npm run types` checks it.
import type { Socket } from "node:net";
import { expectTypeOf } from "expect-type";
import type { Reply, SockhopClient, SockhopServer, SockhopSession } from "../../src";

interface Chat {
    client: { messages: { Say: { text: string }; Sum: { numbers: number[] } }; replies: { Sum: number } };
    server: { messages: { Line: { line: string }; Left: { user: string } } };
}

class Visitor {
    declare user: string;
}

export async function client(end: SockhopClient<Chat>): Promise<void> {
    for await (const message of end.messages()) {
        expectTypeOf(message.type).toEqualTypeOf<"Line" | "Left">();
        if (message.type === "Line") expectTypeOf(message.value).toEqualTypeOf<{ line: string }>();
        else expectTypeOf(message.value.user).toBeString();
        // @ts-expect-error -- no such type
        if (message.type === "Lnie") break;
    }
}

export async function server(end: SockhopServer<Chat, SockhopSession<Chat> & Visitor>): Promise<void> {
    for await (const message of end.messages({ signal: AbortSignal.timeout(1) })) {
        expectTypeOf(message.session.user).toBeString();
        expectTypeOf(message.socket).toEqualTypeOf<Socket>();
        switch (message.type) {
            case "Say":
                expectTypeOf(message.value.text).toBeString();
                break;
            case "Sum":
                expectTypeOf(message.value.numbers).toEqualTypeOf<number[]>();
                expectTypeOf(message.callback).toEqualTypeOf<Reply<number> | undefined>();
        }
    }
}

export async function untyped(end: SockhopServer): Promise<void> {
    for await (const { type, value, session, callback } of end.messages()) {
        expectTypeOf(type).toBeString();
        expectTypeOf(value).toBeAny();
        expectTypeOf(session).toEqualTypeOf<SockhopSession>();
        callback?.("anything");
    }
}
