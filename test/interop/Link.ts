import { expect } from "chai";
import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { privatePorts } from "../support/ports";
import { moduleOf, type Pairing, type Role } from "./pairings";

export type Place = { port: number } | { path: string };
type PeerEvent = [event: string, ...details: unknown[]];

/** A process that runs peer.js. An unexpected exit ends the check. */
export class Peer extends EventEmitter {
    readonly name: string;
    stderr = "";
    readonly #link: Link;
    readonly #process;
    readonly #closed: Promise<void>;
    /** Events that no check has consumed. */
    #unread: PeerEvent[] = [];
    #killed = false;

    constructor(link: Link, role: Role) {
        super();
        this.#link = link;
        const module = moduleOf(link.pairing, role);
        this.name = `${module} ${role}`;
        const { resume, ours } = link.pairing;
        const more = resume && role === ours ? { resume } : {};
        const options = JSON.stringify({ ...link.place, auto_reconnect_interval: 50, ...more });
        this.#process = fork(join(__dirname, "peer.js"), [module, role, options], {
            env: link.env,
            stdio: ["ignore", "ignore", "pipe", "ipc"],
        });
        this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
        this.#process.on("message", (message) => {
            if (this.#killed) return;
            this.#unread.push(message as PeerEvent);
            this.emit("event");
        });
        this.#closed = new Promise((resolve) => {
            this.#process.on("close", (code, signal) => {
                resolve();
                if (this.#killed) return;
                link.over.abort(new Error(`The ${this.name} exited (${code ?? signal ?? ""}): ${this.stderr}`));
            });
        });
    }

    /** Resolves to the details of the next or the first buffered `event`. */
    async next(event: string): Promise<unknown[]> {
        for (;;) {
            const found = this.#unread.find(([name]) => name === event);
            if (found) {
                this.#unread.splice(this.#unread.indexOf(found), 1);
                return found.slice(1);
            }
            try {
                await once(this, "event", { signal: this.#link.over.signal });
            } catch (error) {
                const { cause } = error as Error;
                throw new Error(`No "${event}" from the ${this.name}, but ${JSON.stringify(this.#unread)}`, { cause });
            }
        }
    }

    /** Runs a command of peer.js, and resolves to its result. */
    async do(command: string, ...args: unknown[]): Promise<unknown> {
        // An exited process receives nothing, and its exit ends the check anyway.
        this.#process.send([command, ...args], () => undefined);
        const [result] = await this.next("done");
        return result;
    }

    /** Discards buffered events. */
    ignore(event: RegExp): void {
        this.#unread = this.#unread.filter(([name]) => !event.test(name));
    }

    /** Fails if there are buffered events. */
    assertQuiet(): void {
        expect(this.#unread, `events of the ${this.name}`).to.deep.equal([]);
        expect(this.stderr, `stderr of the ${this.name}`).to.equal("");
    }

    /** Stops the process until `thaw()`. */
    freeze(): void {
        this.#process.kill("SIGSTOP");
    }

    thaw(): void {
        this.#process.kill("SIGCONT");
    }

    /** Kills the process like `kill -9`. */
    kill(): Promise<void> {
        this.#killed = true;
        this.#process.kill("SIGKILL");
        return this.#closed;
    }
}

/** Two connected processes. */
export class Link {
    client!: Peer;
    server!: Peer;
    /** Aborted when the check has ended or failed. */
    readonly over = new AbortController();
    readonly pairing: Pairing;
    readonly place: Place;
    readonly env: NodeJS.ProcessEnv;
    readonly #peers: Peer[] = [];

    constructor(pairing: Pairing, folder: string) {
        this.pairing = pairing;
        this.place = findPlace(pairing, folder);
        this.env = { ...process.env, ...privatePorts(join(folder, "ports")) };
    }

    get ours(): Peer {
        return this[this.pairing.ours];
    }

    get original(): Peer {
        return this.pairing.ours === "client" ? this.server : this.client;
    }

    /** Both ends as sender and receiver, in both directions. */
    get directions(): [from: Peer, to: Peer][] {
        return [
            [this.client, this.server],
            [this.server, this.client],
        ];
    }

    async open(): Promise<void> {
        await this.listen();
        this.client = this.#start("client");
        await this.connected();
    }

    async listen(): Promise<void> {
        this.server = this.#start("server");
        await this.server.next("listening");
    }

    async connected(): Promise<void> {
        for (const end of [this.client, this.server]) await end.next("connect");
    }

    async close(): Promise<void> {
        this.over.abort();
        await Promise.all(this.#peers.map((peer) => peer.kill()));
    }

    assertQuiet(): void {
        for (const peer of this.#peers) peer.assertQuiet();
    }

    #start(role: Role): Peer {
        this.over.signal.throwIfAborted();
        const peer = new Peer(this, role);
        this.#peers.push(peer);
        return peer;
    }
}

let addresses = 0;

/** A new address for a server. Old releases cannot listen on port 0; the port is a private one. */
function findPlace({ transport }: Pairing, folder: string): Place {
    addresses += 1;
    return transport === "Unix" ? { path: join(folder, `${addresses}.sock`) } : { port: 50_000 + addresses };
}
