import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SockhopClient, type SockhopOptions, SockhopServer } from "../../src";
import { turn } from "./guard";
import { type FarEnd, Wire, far } from "./wire";

export type End = SockhopClient | SockhopServer;

/** A connection of an end. */
export interface Line {
    /** The socket of the end. */
    socket: net.Socket;
    peer: FarEnd;
}

/** An end, and a connection that receives the bytes of a run. */
export interface Setup extends Line {
    end: End;
    /** Another connection of the same server. */
    other: Line | undefined;
    close(): Promise<unknown>;
}

const folder = mkdtempSync(join(tmpdir(), "sockhop-fuzz-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let paths = 0;

/** An unused path. */
export const freshPath = (): string => join(folder, String((paths += 1)));

/** Creates an end and its connections. */
export type Stage = (options: SockhopOptions, end: "server" | "client") => Promise<Setup>;

/** Without a system in between: thousands of frames arrive in one tick. */
export async function inMemory(options: SockhopOptions, kind: "server" | "client"): Promise<Setup> {
    const wires = [new Wire(), new Wire()] as const;
    const [line, other] = wires.map((wire) => ({ socket: wire.socket, peer: wire.far })) as [Line, Line];
    if (kind === "client") {
        const end = new SockhopClient(options);
        end.socket = line.socket;
        return { end, ...line, other: undefined, close: () => end.disconnect() };
    }
    const end = new SockhopServer(options);
    // Documented by Node: a server accepts any duplex stream in this way.
    for (const { socket } of [line, other]) end.server.emit("connection", socket);
    await turn();
    return { end, ...line, other, close: () => end.close() };
}

/** Over Unix domain sockets. */
export async function overSockets(options: SockhopOptions, kind: "server" | "client"): Promise<Setup> {
    const path = freshPath();
    if (kind === "client") {
        const server = net.createServer().listen(path);
        const end = new SockhopClient({ ...options, path });
        const [[peer]] = (await Promise.all([once(server, "connection"), end.connect()])) as unknown as [[net.Socket]];
        const close = async (): Promise<void> => {
            const closed = once(server, "close");
            server.close();
            await end.disconnect();
            await closed;
        };
        return { end, socket: end.socket!, peer: far(peer), other: undefined, close };
    }
    const end = new SockhopServer({ ...options, path });
    await end.listen();
    const line = async (): Promise<Line> => {
        const accepted = once(end, "connect");
        const peer = far(net.connect(path));
        const [socket] = (await accepted) as [net.Socket];
        return { socket, peer };
    };
    return { end, ...(await line()), other: await line(), close: () => end.close() };
}
