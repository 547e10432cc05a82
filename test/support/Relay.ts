import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { later } from "./leftovers";

/** Direction of bytes: to the port behind the relay, or from it. */
export type Direction = "there" | "back";

/** Passes the bytes of TCP connections on to a port, or swallows them, as a broken network does. */
export class Relay {
    readonly #server: Server;
    readonly #sockets = new Map<Socket, Direction>();
    readonly #swallowed = new Set<Direction>();

    private constructor(target: number | undefined) {
        this.#server = createServer((socket) => {
            const other = target === undefined ? undefined : connect(target, "127.0.0.1");
            this.#join("there", socket, other);
            if (other) this.#join("back", other, socket);
        });
    }

    /**
     * Starts a relay, which is closed after the test.
     *
     * @param target - port; without one, the relay accepts connections and never sends anything
     */
    static async start(target?: number): Promise<Relay> {
        const relay = new Relay(target);
        relay.#server.listen(0, "127.0.0.1");
        await once(relay.#server, "listening");
        later(() => relay.close());
        return relay;
    }

    get port(): number {
        return (this.#server.address() as AddressInfo).port;
    }

    /** Number of open connections, counted at both sides. */
    get connections(): number {
        return this.#sockets.size;
    }

    /** Swallows the bytes of these directions from now on. Connections stay open. */
    swallow(...directions: Direction[]): void {
        this.#swallowed.clear();
        for (const direction of directions) this.#swallowed.add(direction);
    }

    /** Reads no more bytes of this direction, as a peer that is busy. */
    hold(direction: Direction): void {
        for (const [socket, its] of this.#sockets) if (its === direction) socket.pause();
    }

    /** Reads again. */
    release(): void {
        for (const socket of this.#sockets.keys()) socket.resume();
    }

    /** Destroys all connections. */
    cut(): void {
        for (const socket of this.#sockets.keys()) socket.destroy();
    }

    /** Waits until all connections have ended. */
    async empty(): Promise<void> {
        for (const socket of this.#sockets.keys()) if (!socket.closed) await once(socket, "close");
    }

    async close(): Promise<void> {
        this.cut();
        if (!this.#server.listening) return;
        this.#server.close();
        await once(this.#server, "close");
    }

    #join(direction: Direction, from: Socket, to: Socket | undefined): void {
        this.#sockets.set(from, direction);
        from.on("error", () => undefined) // tests break connections
            .on("close", () => {
                this.#sockets.delete(from);
                to?.destroy();
            })
            .on("data", (chunk) => {
                if (!this.#swallowed.has(direction)) to?.write(chunk);
            });
    }
}
