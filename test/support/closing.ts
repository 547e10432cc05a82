import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { type SockhopClient, type SockhopServer, type EndOptions, SockhopSession } from "../../src";
import { pair } from "./pair";

/** Larger than the system buffers. */
export const LARGE = "x".repeat(8 * 2 ** 20);
/** A timeout that no test reaches. */
export const LONG = 60_000;

export interface Both {
    s: SockhopServer;
    c: SockhopClient;
    socket: net.Socket;
    session: SockhopSession;
}

export async function both(): Promise<Both> {
    const { s, c, socket } = await pair();
    return { s, c, socket, session: s.sessions[0]! };
}

export type End = (both: Pick<Both, "s" | "socket" | "session">, options?: EndOptions) => Promise<unknown>;

export const ENDS_OF_A_SERVER: Record<string, End> = {
    "server.close()": ({ s }, options) => s.close(options),
    "server.disconnect()": ({ s }, options) => s.disconnect(options),
    "server.kill_socket()": ({ s, socket }, options) => s.kill_socket(socket, options),
    "session.kill()": ({ session }, options) => session.kill(options),
};

export const ENDS: Record<string, (both: Both, options?: EndOptions) => Promise<unknown>> = {
    ...ENDS_OF_A_SERVER,
    "client.disconnect()": ({ c }, options) => c.disconnect(options),
};

export async function refusesConnections(port: number): Promise<void> {
    const socket = net.connect(port, "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ECONNREFUSED");
}

export const turn = (): Promise<void> => new Promise(setImmediate);

export class NeverReady extends SockhopSession {
    override start(): Promise<void> {
        return new Promise(() => undefined);
    }
}
