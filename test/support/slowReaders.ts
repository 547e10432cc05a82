import { once } from "node:events";
import type net from "node:net";
import { ObjectBuffer, type ServerOptions, type SockhopServer, type SockhopSession } from "../../src";
import { raw, server, socketPath } from "./pair";

/** The data of the frames that a plain socket receives from now on. Starts reading at once. */
export function valuesOf(socket: net.Socket): unknown[] {
    const buffer = new ObjectBuffer();
    const values: unknown[] = [];
    socket.on("data", (chunk) => {
        for (const { data } of buffer.buf2obj(chunk) as { data: unknown }[]) values.push(data);
    });
    return values;
}

/** Larger than the buffers of the system and of Node for a Unix domain socket. */
export const LARGE = "x".repeat(2_000_000);

/** A server on a path, where system buffers are small, and a plain client of it that does not read. */
export async function deaf(
    options: ServerOptions = {},
): Promise<{ s: SockhopServer; peer: net.Socket; socket: net.Socket; session: SockhopSession }> {
    const s = server({ path: socketPath(), ...options });
    await s.listen();
    const accepted = once(s, "connect");
    const peer = await raw(s);
    const [socket, session] = (await accepted) as [net.Socket, SockhopSession];
    return { s, peer, socket, session };
}
