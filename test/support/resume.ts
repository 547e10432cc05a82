import type net from "node:net";
import { once } from "node:events";
import type { ClientOptions, DisconnectReason, ServerOptions, SockhopClient, SockhopServer } from "../../src";
import { framesOf } from "./events";
import { pair, raw } from "./pair";

/** Options of both ends of a connection that can be resumed. */
export const RESUME = { resume: true, auto_reconnect_interval: 20 } as const;

/** Connects a client to a server. Resolves when both have agreed to resume. */
export async function resumable(
    options: ServerOptions = RESUME,
    clientOptions: ClientOptions = options as ClientOptions,
): Promise<{ s: SockhopServer; c: SockhopClient }> {
    const { s, c } = await pair(options, clientOptions);
    await c.flush();
    return { s, c };
}

/** Resolves to the reason of the next `disconnect`. */
export async function reasonOfEnd(end: SockhopClient | SockhopServer): Promise<DisconnectReason> {
    return new Promise((resolve) => {
        end.once("disconnect", (...args: unknown[]) => {
            resolve(args.at(-1) as DisconnectReason);
        });
    });
}

/** Resolves to the arguments of the next event. */
export async function next(end: SockhopClient | SockhopServer, event: string): Promise<unknown[]> {
    return new Promise((resolve) => {
        end.once(event, (...args: unknown[]) => resolve(args));
    });
}

/** Lets the server accept no more connections, and cuts the one that it has. */
export async function cutOff(s: SockhopServer): Promise<void> {
    const interrupted = next(s, "interrupted");
    s.server.close();
    s.sockets[0]!.destroy();
    await interrupted;
}

/** Resolves when both ends have resumed after a cut. */
export async function cut(s: SockhopServer, c: SockhopClient): Promise<void> {
    const resumed = Promise.all([next(s, "resumed"), next(c, "resumed")]);
    c.socket!.destroy();
    await resumed;
}

interface Hello {
    codecs: string[];
    token: string;
    resume?: { token?: string; timeout: number; received?: number; sent?: number };
}

interface Envelope {
    type: string;
    data: Record<string, unknown> & { hello?: Hello };
}

/** Client that writes the bytes of the protocol itself. */
export class RawClient {
    readonly frames: Envelope[];

    private constructor(readonly socket: net.Socket) {
        this.frames = framesOf(socket) as unknown as Envelope[];
    }

    static async connect(s: SockhopServer): Promise<RawClient> {
        return new RawClient(await raw(s));
    }

    static over(socket: net.Socket): RawClient {
        return new RawClient(socket);
    }

    send(type: string, data: unknown): void {
        this.socket.write(`${JSON.stringify({ type, data })}\n`);
    }

    greet(resume: object | undefined, codecs: string[] = []): void {
        const hello = { version: 1, codecs, token: "0123456789abcdef", resume };
        this.send("SockhopPong", { _id: "sockhop", _created: null, _returned: null, _finished: null, hello });
    }

    /** Resolves to the member `resume` of the answer of the server, when it has arrived. */
    async answer(): Promise<Hello["resume"]> {
        for (;;) {
            const answer = this.frames.find(({ data }) => data.hello);
            if (answer) return answer.data.hello!.resume;
            await once(this.socket, "data");
        }
    }

    /** Resolves to the values that have arrived, when there are so many. */
    async values(count: number): Promise<unknown[]> {
        for (;;) {
            const values = this.frames.filter(({ type }) => type !== "SockhopPong").map(({ data }) => data);
            if (values.length >= count) return values;
            await once(this.socket, "data");
        }
    }
}
