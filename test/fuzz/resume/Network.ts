import net from "node:net";
import { turn } from "../guard";
import { SimulatedSocket } from "./SimulatedSocket";

/** Behavior towards clients that connect. */
export type Reception = "accept" | "refuse" | "ignore";

/** One simulated connection. */
export interface Cable {
    readonly client: SimulatedSocket;
    readonly server: SimulatedSocket;
}

/** A network whose bytes arrive when a test lets them. Replaces `net.createConnection()` until `restore()`. */
export class Network {
    reception: Reception = "accept";
    /** Oldest first. */
    readonly cables: Cable[] = [];
    /** Called with the socket of a server. */
    onAccept: (socket: net.Socket) => void = () => undefined;
    readonly #original = net.createConnection;
    #ignored: (() => void)[] = [];

    constructor() {
        net.createConnection = ((_options: unknown, onConnect: () => void) =>
            this.#dial(onConnect).socket) as unknown as typeof net.createConnection;
    }

    restore(): void {
        net.createConnection = this.#original;
    }

    /** The newest connection. */
    get latest(): Cable | undefined {
        return this.cables.at(-1);
    }

    get #expecting(): SimulatedSocket[] {
        return this.cables.flatMap(({ client, server }) => [client, server]).filter(({ expects }) => expects);
    }

    /** Decides how clients are treated from now on; those that were ignored are accepted. */
    receive(reception: Reception): void {
        this.reception = reception;
        if (reception === "accept") for (const accept of this.#ignored.splice(0)) accept();
    }

    /** Delivers all that is on its way in pieces of this size, and what is sent in return, as far as these turns go. */
    async run(piece = Infinity, turns = 200): Promise<void> {
        for (let n = 0; n < turns; n++) {
            await turn();
            const expecting = this.#expecting;
            if (expecting.length === 0 && n > 4) return;
            for (const socket of expecting) socket.deliver(piece);
        }
    }

    #dial(onConnect: () => void): SimulatedSocket {
        const [client, server] = [new SimulatedSocket(), new SimulatedSocket()];
        client.peer = server;
        server.peer = client;
        server.connecting = false;
        server.on("error", () => undefined);
        const accept = (): void => {
            if (client.destroyed) return;
            this.cables.push({ client, server });
            if (this.cables.length > 50) this.cables.shift();
            client.connecting = false;
            client.emit("connect");
            onConnect();
            this.onAccept(server.socket);
        };
        setImmediate(() => {
            if (client.destroyed) return;
            if (this.reception === "accept") accept();
            else if (this.reception === "ignore") this.#ignored.push(accept);
            else client.destroy(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
        });
        return client;
    }
}
