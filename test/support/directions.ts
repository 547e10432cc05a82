import type {
    RequestOptions,
    SockhopClient,
    SockhopRequest,
    SockhopResponseReadableStream,
    SockhopResponseWriteableStream,
    SockhopServer,
} from "../../src";
import { pair } from "./pair";

/** One end of a pair that sends requests, and the other that responds: the same for both directions. */
export interface Direction {
    name: string;
    requester: SockhopClient | SockhopServer;
    responder: SockhopClient | SockhopServer;
    request: (value?: unknown, options?: RequestOptions) => Promise<SockhopResponseReadableStream>;
    ask: (value?: unknown, options?: RequestOptions) => Promise<unknown>;
    /** Closes the connection at the responding end. */
    cut: () => void;
}

type Handler = (request: SockhopRequest, response: SockhopResponseWriteableStream, ...more: unknown[]) => unknown;

export async function directions(): Promise<Direction[]> {
    const [there, back] = [await pair(), await pair()];
    return [
        {
            name: "client to server",
            requester: there.c,
            responder: there.s,
            request: (...args) => there.c.request(...(args as [unknown])),
            ask: (...args) => there.c.ask(...(args as [unknown])),
            cut: () => there.socket.destroy(),
        },
        {
            name: "server to client",
            requester: back.s,
            responder: back.c,
            request: (...args) => back.s.request(back.socket, ...(args as [unknown])),
            ask: (...args) => back.s.ask(back.socket, ...(args as [unknown])),
            cut: () => back.c.socket!.destroy(),
        },
    ];
}

/** Runs the same test for both directions, each with a new pair. */
export async function both(test: (direction: Direction) => Promise<void>): Promise<void> {
    for (const direction of await directions()) {
        await test(direction).catch((error: unknown) => {
            throw new Error(direction.name, { cause: error });
        });
    }
}

export function answer(end: SockhopClient | SockhopServer, handler: Handler): void {
    end.on("request", handler as never);
}

/** Number of requests that both ends retain. */
export function kept(...ends: (SockhopClient | SockhopServer)[]): number {
    return ends
        .flatMap((end) => [...end["_connections"].values()])
        .reduce((sum, { requests, responses }) => sum + (requests?.size ?? 0) + (responses?.size ?? 0), 0);
}
