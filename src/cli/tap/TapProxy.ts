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
import { TapCodec } from "./TapCodec";
import type { TapObserver } from "./TapObserver";
import type { Side } from "../../inspect/protocol";

/** Each direction ends on its own. */
const HALF_OPEN = { allowHalfOpen: true };

/** Number of frames in a chunk after which other connections are served first. */
const MANY_FRAMES = 1000;

/** Delay between attempts while the accept queue of the target is full (EAGAIN), and the time limit for all of them. */
const RETRY_DELAY_MS = 50;
const RETRY_TIMEOUT_MS = 10_000;

/** Forwards the bytes between clients and a target, and passes the messages to an observer. */
export class TapProxy {
    readonly #output: Output;
    readonly #flags: ConnectionFlags;
    readonly #log: TapObserver;
    readonly #targetName: string;
    readonly #target: { secure: tls.ConnectionOptions | undefined; address: net.NetConnectOpts };
    readonly #sockets = new Set<net.Socket>();
    readonly #loops = new LoopDetector();
    /** Rejects when the target is the tap itself. */
    readonly loopError: Promise<never>;
    #rejectLoop!: (error: Error) => void;
    #count = 0;

    constructor(output: Output, flags: ConnectionFlags, target: Endpoint, log: TapObserver) {
        this.loopError = new Promise((_, reject) => (this.#rejectLoop = reject));
        this.loopError.catch(ignore); // may reject before the command handles it
        this.#output = output;
        this.#flags = flags;
        this.#log = log;
        this.#targetName = formatEndpoint(target);
        const targetFlags = { ...flags };
        delete targetFlags.cert; // the certificate is for clients
        delete targetFlags.key;
        const { ssl_options } = clientOptions(target, targetFlags);
        const { address: host = "127.0.0.1", port = 50000, path, name } = target;
        const local = name === undefined ? path : path_of(name);
        this.#target = { secure: ssl_options, address: local === undefined ? { host, port } : { path: local } };
    }

    /** Connects a client with the target. */
    accept(client: net.Socket): void {
        this.#count += 1;
        const number = this.#count;
        this.#output.printNote(`#${number} connected`);
        this.#log.onConnection?.(number, client);
        client.on("error", ignore);
        this.#add(client);
        void this.#connect(number, client);
    }

    /** Adds an accepted socket to those that {@link destroyAll} destroys. */
    track(socket: net.Socket): void {
        socket.on("error", ignore);
        this.#add(socket);
        this.#checkLoop(socket, false);
    }

    destroyAll(): void {
        for (const socket of this.#sockets) socket.destroy();
    }

    #add(socket: net.Socket): void {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
    }

    /** Never rejects. */
    async #connect(number: number, client: net.Socket): Promise<void> {
        const onClosed = (): void => {
            this.#output.printNote(`#${number} closed`);
            this.#log.onClose?.(number);
        };
        try {
            const server = await this.#dial(client);
            let open = 2;
            for (const socket of [client, server]) {
                socket.setNoDelay();
                socket.on("close", () => {
                    open -= 1;
                    if (open === 0) onClosed();
                });
            }
            this.#log.onTarget?.(number, server);
            const codec = new TapCodec();
            this.#forward(number, "client", client, server, codec);
            this.#forward(number, "server", server, client, codec);
        } catch (error) {
            if (!client.destroyed) this.#printError(number, explainError(error, this.#targetName));
            client.destroy();
            onClosed();
        }
    }

    /** Connects to the target. Rejects if that fails, or when the client disconnects. */
    async #dial(client: net.Socket): Promise<net.Socket> {
        const start = performance.now();
        for (;;) {
            try {
                return await this.#tryDial(client);
            } catch (error) {
                const { code } = error as NodeJS.ErrnoException;
                if (code !== "EAGAIN" || performance.now() - start > RETRY_TIMEOUT_MS) throw error;
                await sleep(RETRY_DELAY_MS);
            }
        }
    }

    #tryDial(client: net.Socket): Promise<net.Socket> {
        return new Promise((resolve, reject) => {
            if (client.destroyed) throw new Error("The client disconnected");
            const { secure, address } = this.#target;
            const server = secure
                ? tls.connect({ ...(address as tls.ConnectionOptions), ...secure, ...HALF_OPEN })
                : net.connect({ ...address, ...HALF_OPEN });
            this.#add(server);
            const onClientClose = (): void => {
                server.destroy();
            };
            client.once("close", onClientClose);
            server.on("error", reject);
            server.on("close", () => {
                client.off("close", onClientClose);
                reject(new Error("The connection was closed before it was established"));
            });
            server.once("connect", () => {
                if (isSelfConnected(server)) destroySelfConnected(server, secure !== undefined);
                else this.#checkLoop(server, true);
            });
            server.once(secure ? "secureConnect" : "connect", () => {
                if (!server.destroyed) resolve(server);
            });
        });
    }

    /** Forwards one direction. Each chunk is written before it is parsed, which may be slow. */
    #forward(connection: number, from: Side, source: net.Socket, sink: net.Socket, codec: TapCodec): void {
        const log = this.#log;
        const splitter = new FrameSplitter(this.#flags.terminator, this.#flags.json, codec.of(from));
        const resume = (): void => {
            if (!sink.writableNeedDrain && !log.needsDrain) source.resume();
        };
        source.on("data", (chunk: Buffer) => {
            sink.write(chunk);
            log.onBytes?.(connection, from, chunk.length);
            const messages = log.isNeeded ? [...splitter.push(chunk)] : [];
            log.add(connection, from, messages);
            const yields = messages.length > MANY_FRAMES;
            if (!yields && !sink.writableNeedDrain && !log.needsDrain) return;
            source.pause();
            if (log.needsDrain) log.onceDrained(resume);
            else if (yields) setImmediate(resume);
        });
        sink.on("drain", resume);
        const logIncomplete = (): void => {
            const message = splitter.end();
            if (message) log.add(connection, from, [message]);
        };
        source.on("end", () => {
            sink.end();
            logIncomplete();
        });
        source.on("close", () => {
            sink.destroySoon(); // after pending writes
            logIncomplete();
        });
        source.on("error", (error: NodeJS.ErrnoException) => {
            const reason = from === "server" ? explainError(error, this.#targetName) : error;
            if (error.code !== "EPIPE" && error.code !== "ECONNRESET") this.#printError(connection, reason);
        });
    }

    #printError(connection: number, error: unknown): void {
        this.#output.printError(error);
        this.#log.onError?.(connection, error);
    }

    /** Ends a tap that connects to itself. Each connection would cause another one. */
    #checkLoop(socket: net.Socket, dialed: boolean): void {
        if (!this.#loops.add(socket, dialed)) return;
        this.#rejectLoop(new UsageError(`${this.#targetName} leads back to this tap: it cannot be its own target`));
        this.destroyAll();
    }
}

/** Handles errors that are reported elsewhere. Without a listener, they would end the process. */
function ignore(): void {
    // nothing to do
}

/** Destroys a socket that is connected to itself, with the error of a missing server. */
function destroySelfConnected(socket: net.Socket, secure: boolean): void {
    // A reset, as in the dial() of the library, so that no TIME_WAIT state blocks the port.
    Object.assign(socket, { resetAndClosing: !secure });
    socket.destroy(Object.assign(new Error("The socket is connected to itself"), { code: "ECONNREFUSED" }));
}
