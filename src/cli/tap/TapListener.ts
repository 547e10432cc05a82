import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { path_of, SockhopServer } from "../../index";
import { SocketFile } from "../../transport/unixSocket";
import { type ConnectionFlags, serverOptions } from "../arguments/connectionOptions";
import { type Endpoint, formatEndpoint } from "../arguments/endpoint";
import { explainError, UsageError } from "../errors";
import type { Output } from "../terminal/Output";
import { isSameSocketFile } from "./LoopDetector";
import type { TapProxy } from "./TapProxy";

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Listens for the clients of a tap. With `--cert` and `--key`, clients use TLS. */
export class TapListener {
    readonly #endpoint: Endpoint;
    readonly #server: net.Server;
    #file: SocketFile | undefined;

    constructor(endpoint: Endpoint, { cert, key }: ConnectionFlags) {
        this.#endpoint = endpoint;
        if (cert === undefined && key === undefined) {
            this.#server = net.createServer({ allowHalfOpen: true });
            return;
        }
        const { ssl_options } = serverOptions(endpoint, {
            ...(cert !== undefined && { cert }),
            ...(key !== undefined && { key }),
        });
        this.#server = tls.createServer({
            ...ssl_options,
            allowHalfOpen: true,
            handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        });
    }

    /**
     * Listens, and passes clients to the proxy.
     *
     * @returns resolves to the endpoint with the port that the system has chosen. Rejects if the target is this listener
     */
    async listen(proxy: TapProxy, target: Endpoint, output: Output): Promise<Endpoint> {
        const server = this.#server;
        server.on(server instanceof tls.Server ? "secureConnection" : "connection", (socket: net.Socket) => {
            proxy.accept(socket);
        });
        server.on("connection", (socket: net.Socket) => {
            proxy.track(socket); // with TLS also during the handshake
        });
        server.on("tlsClientError", (error: Error) => {
            output.printError(error);
        });
        try {
            await this.#listen();
        } catch (error) {
            throw explainError(error, formatEndpoint(this.#endpoint));
        }
        const address = server.address();
        if (typeof address === "string") this.#file = new SocketFile(address);
        const hasPort = typeof address === "object" && address !== null;
        const bound = hasPort ? { ...this.#endpoint, port: address.port } : this.#endpoint;
        const [from, to] = [formatEndpoint(bound), formatEndpoint(target)];
        // Only now there is a file to compare. TCP connections are checked one by one, by the proxy.
        if (isSameSocketFile(this.#endpoint, target))
            throw new UsageError(`${from} and ${to} are the same socket: a tap cannot be its own target`);
        output.printNote(`listening on ${from}, forwarding to ${to}`);
        return bound;
    }

    async #listen(): Promise<void> {
        const { address = "127.0.0.1", port, name } = this.#endpoint;
        const path = name === undefined ? this.#endpoint.path : path_of(name);
        if (path !== undefined) {
            // A server of the library creates the folder of names, and removes a stale socket file.
            const first = new SockhopServer(this.#endpoint);
            await first.listen();
            await first.close();
        }
        this.#server.listen(path === undefined ? { host: address, port } : { path });
        await once(this.#server, "listening");
    }

    /** Stops listening. Keeps a socket file that another server has created at the same path. */
    close(): void {
        if (this.#file) this.#file.whileClosing(() => this.#server.close());
        else this.#server.close();
    }
}
