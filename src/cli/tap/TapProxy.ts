import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { path_of } from "../../index";
import { clientOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { type Endpoint, formatEndpoint } from "../arguments/endpoint";
import { explainError, UsageError } from "../errors";
import type { Output } from "../terminal/Output";
import { FrameSplitter } from "./FrameSplitter";
import { isSelfConnected, LoopDetector } from "./LoopDetector";
import type { TapLog, TapSide } from "./TapLog";

/** When one side has said all, the other one may go on. */
const HALF_OPEN = { allowHalfOpen: true };

/** After a chunk with more frames others have their turn. */
const MANY_FRAMES = 1000;

/** Milliseconds until the target is tried again, when too many wait there to be accepted; and for how long. */
const RETRY_DELAY_MS = 50;
const RETRY_TIMEOUT_MS = 10_000;

/** What goes over the connections. */
export class TapProxy {
    readonly #output: Output;
    readonly #flags: ConnectionFlags;
    readonly #log: TapLog;
    readonly #there: Endpoint;
    readonly #target: { secure: tls.ConnectionOptions | undefined; place: net.NetConnectOpts };
    readonly #sockets = new Set<net.Socket>();
    readonly #routes = new LoopDetector();
    /** Rejects when the target is the tap itself. */
    readonly fails: Promise<never>;
    #fail!: (error: Error) => void;
    #count = 0;

    constructor(output: Output, flags: ConnectionFlags, there: Endpoint, log: TapLog) {
        this.fails = new Promise((_, reject) => (this.#fail = reject));
        this.fails.catch(ignore); // it is waited for later
        this.#output = output;
        this.#flags = flags;
        this.#there = there;
        this.#log = log;
        const towards = { ...flags };
        delete towards.cert; // it is for clients
        delete towards.key;
        const { ssl_options } = clientOptions(there, towards);
        const { address: host = "127.0.0.1", port = 50000, path, name } = there;
        const local = name === undefined ? path : path_of(name);
        this.#target = { secure: ssl_options, place: local === undefined ? { host, port } : { path: local } };
    }

    /** A client has come: it is connected with the target. */
    accept(client: net.Socket): void {
        this.#count += 1;
        const number = this.#count;
        this.#output.printNote(`#${number} has connected`);
        client.on("error", ignore);
        this.#keep(client);
        void this.#join(number, client);
    }

    /** Has a socket that was accepted ended with all others. */
    keep(socket: net.Socket): void {
        socket.on("error", ignore);
        this.#keep(socket);
        this.#add(socket, false);
    }

    /** Ends all connections. */
    cut(): void {
        for (const socket of this.#sockets) socket.destroy();
    }

    #keep(socket: net.Socket): void {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
    }

    /** Never rejects. */
    async #join(number: number, client: net.Socket): Promise<void> {
        const ended = (): void => {
            this.#output.printNote(`#${number} has ended`);
        };
        try {
            const server = await this.#dial(client);
            let open = 2;
            for (const socket of [client, server]) {
                socket.setNoDelay();
                socket.on("close", () => {
                    open -= 1;
                    if (open === 0) ended();
                });
            }
            this.#pass(number, "client", client, server);
            this.#pass(number, "server", server, client);
        } catch (error) {
            if (!client.destroyed) this.#output.printError(explainError(error, formatEndpoint(this.#there)));
            client.destroy();
            ended();
        }
    }

    /** A connection with the target. Rejects when there is none, or the client has gone. */
    async #dial(client: net.Socket): Promise<net.Socket> {
        const start = performance.now();
        for (;;) {
            try {
                return await this.#attempt(client);
            } catch (error) {
                const { code } = error as NodeJS.ErrnoException;
                if (code !== "EAGAIN" || performance.now() - start > RETRY_TIMEOUT_MS) throw error;
                await sleep(RETRY_DELAY_MS);
            }
        }
    }

    #attempt(client: net.Socket): Promise<net.Socket> {
        return new Promise((resolve, reject) => {
            if (client.destroyed) throw new Error("The client has gone");
            const { secure, place } = this.#target;
            const server = secure
                ? tls.connect({ ...(place as tls.ConnectionOptions), ...secure, ...HALF_OPEN })
                : net.connect({ ...place, ...HALF_OPEN });
            this.#keep(server);
            const leave = (): void => {
                server.destroy();
            };
            client.once("close", leave);
            server.on("error", reject);
            server.on("close", () => {
                client.off("close", leave);
                reject(new Error("The connection has ended before it was made"));
            });
            server.once("connect", () => {
                if (isSelfConnected(server))
                    Object.assign(server, { resetAndClosing: !secure }).destroy(refusal()); // as dial() does
                else this.#add(server, true);
            });
            server.once(secure ? "secureConnect" : "connect", () => {
                if (!server.destroyed) resolve(server);
            });
        });
    }

    /** Passes on what one end sends. That comes first; to show it may fail, or take its time. */
    #pass(connection: number, from: TapSide, source: net.Socket, sink: net.Socket): void {
        const log = this.#log;
        const cutter = new FrameSplitter(this.#flags.terminator, this.#flags.json);
        const proceed = (): void => {
            if (!sink.writableNeedDrain && !log.isBehind) source.resume();
        };
        source.on("data", (chunk: Buffer) => {
            sink.write(chunk);
            const frames = log.isNeeded ? [...cutter.push(chunk)] : [];
            log.add(connection, from, frames);
            const busy = frames.length > MANY_FRAMES;
            if (!busy && !sink.writableNeedDrain && !log.isBehind) return;
            source.pause();
            if (log.isBehind) log.onceRecorded(proceed);
            else if (busy) setImmediate(proceed);
        });
        sink.on("drain", proceed);
        const finish = (): void => {
            const rest = cutter.end();
            if (rest) log.add(connection, from, [rest]);
        };
        source.on("end", () => {
            sink.end();
            finish();
        });
        source.on("close", () => {
            sink.destroySoon(); // what has been said before still goes out
            finish();
        });
        source.on("error", (error: NodeJS.ErrnoException) => {
            const reason = from === "server" ? explainError(error, formatEndpoint(this.#there)) : error;
            if (error.code !== "EPIPE" && error.code !== "ECONNRESET") this.#output.printError(reason);
        });
    }

    /** A tap that is its own target would make connections with itself without an end. */
    #add(socket: net.Socket, dialed: boolean): void {
        if (!this.#routes.add(socket, dialed)) return;
        this.#fail(new UsageError(`${formatEndpoint(this.#there)} leads back here: the tap would be its own target`));
        this.cut();
    }
}

/** Something else tells, if there is something to tell; without a listener or handler the process would end. */
function ignore(): void {
    // Nothing is to do.
}

/** Where a socket can connect to itself there is no server. */
function refusal(): Error {
    return Object.assign(new Error("The connection is with itself"), { code: "ECONNREFUSED" });
}
