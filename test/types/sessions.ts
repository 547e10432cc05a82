// Types of sessions. Nothing here runs: `npm run types` checks it.
/* eslint-disable @typescript-eslint/no-explicit-any -- without a protocol all is any */
import type { Socket } from "node:net";
import { expectTypeOf } from "expect-type";
import Sockhop, {
    type Group,
    type GroupCount,
    type Protocol,
    type RemoteSession,
    type SockhopClient,
    type SockhopError,
    SockhopServer,
    SockhopSession,
    listen_or_connect,
} from "../../src";

class Say {
    constructor(readonly text: string) {}
}

class Line {
    constructor(readonly line: string) {}
}

interface Chat {
    client: { messages: { Say: Say }; requests: { Lines: { data: { lines: number }; answer: Line } } };
    server: { messages: { Line: Line } };
}

class Visitor extends Sockhop.session<Chat> {
    user = "";

    override async end(): Promise<void> {
        for (const other of this.server.sessions) expectTypeOf(other.user).toBeString();
        await this.server.sendall(new Line(this.user));
        // @ts-expect-error -- a message of clients
        await this.server.sendall(new Say(this.user));
    }
}

/** A session without a protocol, and its own constructor. */
class Loose extends SockhopSession {
    visits = 0;

    constructor(
        socket: Socket,
        readonly own: SockhopServer,
    ) {
        super(socket, own);
    }
}

const given = new Sockhop.server<Chat, Visitor>({ session_type: Visitor });
const inferred = new Sockhop.server({ port: 0, session_type: Visitor });
const loose = new Sockhop.server({ session_type: Loose });
const base = new Sockhop.server<Chat>({ session_type: Visitor });
const mixed = new Sockhop.server<Chat>({ session_type: Loose });

expectTypeOf(inferred).toEqualTypeOf(given);
expectTypeOf(given.sessions).toEqualTypeOf<Visitor[]>();
expectTypeOf(loose).toEqualTypeOf<SockhopServer<any, Loose>>();
expectTypeOf(base).toEqualTypeOf<SockhopServer<Chat>>();
expectTypeOf(base.sessions).toEqualTypeOf<SockhopSession<Chat>[]>();
expectTypeOf(new Sockhop.server()).toEqualTypeOf<SockhopServer>();
expectTypeOf(new Sockhop.server({ port: 0 })).toEqualTypeOf<SockhopServer>();

export function handlers(server: SockhopServer<Chat, Visitor>): void {
    server.on("connect", (_socket, session) => {
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    server.on("disconnect", (_socket, session) => {
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    server.on("error", (error, _socket, session) => {
        expectTypeOf(error.code).toEqualTypeOf<string | undefined>();
        expectTypeOf(session).toEqualTypeOf<Visitor | null>();
    });
    // Listeners that are declared with another type of error
    server.on("error", (error: Error) => error.message);
    server.on("error", (error: NodeJS.ErrnoException) => error.code);
    server.emit("error", new Error("of the program"), null, null);
    server.on("receive", (_value, { session }) => {
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    server.on("receive:Say", (_say, { session }) => {
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
    server.on("request:Lines", (_request, _response, { session }) => {
        expectTypeOf(session).toEqualTypeOf<Visitor>();
    });
}

/** Parameters for any server, and for any server of a protocol. */
export const any: SockhopServer[] = [given, inferred, loose, base, mixed];
export const chats: SockhopServer<Chat>[] = [given, inferred, base];

export async function daemon(): Promise<void> {
    const { server, client } = await listen_or_connect({ name: "chat", session_type: Visitor });
    if (server) expectTypeOf(server).toEqualTypeOf(given);
    else expectTypeOf(client).toEqualTypeOf<SockhopClient<Chat>>();
}

export function generic<P extends Protocol, S extends SockhopSession<P>>(server: SockhopServer<P, S>): void {
    server.on("connect", (socket, session) => {
        expectTypeOf(socket).toEqualTypeOf<Socket>();
        void session.kill();
    });
}
generic(given);
generic(loose);

export async function groups(server: SockhopServer<Chat, Visitor>): Promise<void> {
    const lobby = server.group("lobby");
    expectTypeOf(lobby).toEqualTypeOf<Group<Chat, Visitor>>();
    expectTypeOf(lobby.name).toBeString();
    expectTypeOf(lobby.sessions).toEqualTypeOf<Visitor[]>();
    expectTypeOf(await lobby.sendall(new Line("x"), { except: lobby.sessions, local: true })).toEqualTypeOf<
        undefined[]
    >();
    // @ts-expect-error -- a message of clients
    await lobby.sendall(new Say("x"));
    // @ts-expect-error -- another type
    await lobby.sendall(new Line("x"), { type: "Say" });
    // @ts-expect-error -- no name
    server.group(5);
    for (const session of lobby.sessions) {
        expectTypeOf(session.groups).toEqualTypeOf<Set<string>>();
        expectTypeOf(session.join("a")).toEqualTypeOf<Promise<void>>();
        expectTypeOf(session.leave("a")).toEqualTypeOf<Promise<void>>();
        expectTypeOf(session.server.group("a").sessions).toEqualTypeOf<Visitor[]>();
    }
    expectTypeOf(loose.group("a").sessions).toEqualTypeOf<Loose[]>();
    await loose.group("a").sendall({ any: "value" }, { type: "any" });
    const all: Group[] = [lobby, loose.group("a")];
    const chat: Group<Chat>[] = [lobby, base.group("a")];
    expectTypeOf(all).toEqualTypeOf<Group[]>();
    expectTypeOf(chat).toEqualTypeOf<Group<Chat>[]>();
}

/** A subclass passes the sessions on. */
class Own<S extends SockhopSession> extends SockhopServer<any, S> {
    announce(): boolean {
        return this.emit("announcement", "mind the gap");
    }
}
expectTypeOf(new Own({ session_type: Loose }).sessions).toEqualTypeOf<Loose[]>();

// @ts-expect-error -- not a session
new SockhopServer({ session_type: class {} });
// @ts-expect-error -- the sessions of another protocol
new SockhopServer<{ server: { messages: { Say: Say } } }>({ session_type: Visitor });

/** Sessions of any server by their ids, and requests between servers. */
export async function remote(): Promise<void> {
    const [session] = given.sessions;
    expectTypeOf(given.id_of(session!)).toBeString();
    const named = given.session(given.id_of(session!));
    expectTypeOf(named).toEqualTypeOf<RemoteSession<Chat>>();
    expectTypeOf(await named.send(new Line("a"))).toBeVoid();
    // @ts-expect-error -- a message of clients
    await named.send(new Say("a"));
    await named.kill({ timeout: 1000 });
    expectTypeOf(await given.group("lobby").count({ timeout: 500 })).toEqualTypeOf<GroupCount>();
    for (const { id, member } of (await given.group("lobby").members()).sessions) {
        expectTypeOf([id, member]).toEqualTypeOf<string[]>();
    }
    const { cluster } = given;
    if (!cluster) return;
    cluster.handle("load", (data, { member, signal, type }) => {
        expectTypeOf(data).toBeAny();
        expectTypeOf([member.id, type]).toEqualTypeOf<string[]>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return 1;
    });
    expectTypeOf(await cluster.ask(cluster.members[0]!, {}, { type: "load", timeout: 500 })).toBeAny();
    const { answers, failures } = await cluster.ask_all();
    expectTypeOf(answers).toEqualTypeOf<Map<string, any>>();
    expectTypeOf(failures[0]!.error).toEqualTypeOf<SockhopError>();
    // @ts-expect-error -- no option of requests
    await cluster.ask("a", {}, { except: session });
}
