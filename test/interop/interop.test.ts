import { expect } from "chai";
import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const OURS = "sockhop";

/** The published originals, and what they can talk over: Unix domain sockets came with 1.4.0. */
const ORIGINALS = [
    { original: "sockhop-1.2.11", transports: ["tcp"] },
    { original: "sockhop-1.3.5", transports: ["tcp"] },
    { original: "sockhop-1.4.0", transports: ["tcp", "unix"] },
    { original: "sockhop-1.8.4", transports: ["tcp", "unix"] },
] as const;

const PAIRINGS = ORIGINALS.flatMap(({ original, transports }) =>
    transports.flatMap((transport) => [
        { client: OURS, server: original, transport },
        { client: original, server: OURS, transport },
    ]),
);
type Pairing = (typeof PAIRINGS)[number];

function title({ client, server, transport }: Pairing): string {
    return `${client} client, ${server} server, ${transport}`;
}

/** What peer.js tells when it has heard all that another peer.js says: the values, the question, and the answer. */
const EXCHANGED = [
    [
        [{ size: 3 }, "Widget"],
        ["é→😀", "String"],
        [[1, ["two"]], "Array"],
        [4.5, "Number"],
        ["?", "String"],
    ],
    [{ size: 3 }, "Widget"],
];

type Place = { port: number } | { path: string };

/** What belongs to one test: its processes, and a signal for when it is over or cannot go on. */
let peers: Peer[];
let over: AbortController;

/** A process that runs peer.js. Emits what it tells. When it ends unasked, so does the test. */
class Peer extends EventEmitter {
    readonly name: string;
    /** The names of all that it has told so far. */
    readonly events: string[] = [];
    stderr = "";
    readonly #process;
    readonly #closed: Promise<void>;
    #killed = false;

    constructor(pairing: Pairing, role: "client" | "server", place: Place) {
        super();
        over.signal.throwIfAborted();
        this.name = `${role} of (${title(pairing)})`;
        const options = JSON.stringify({ ...place, auto_reconnect_interval: 50 });
        this.#process = fork(join(__dirname, "peer.js"), [pairing[role], role, options], {
            stdio: ["ignore", "ignore", "pipe", "ipc"],
        });
        this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
        this.#process.on("message", (message) => {
            if (this.#killed) return;
            const [event, ...details] = message as [string, ...unknown[]];
            this.events.push(event);
            this.emit(event, ...details);
        });
        this.#closed = new Promise((resolve) => {
            this.#process.on("close", (code, signal) => {
                resolve();
                if (this.#killed) return;
                over.abort(new Error(`The ${this.name} exited (${code ?? signal ?? ""}): ${this.stderr}`));
            });
        });
        peers.push(this);
    }

    tell(...command: unknown[]): void {
        // It cannot be told when it has exited, and that ends the test anyway.
        this.#process.send(command, () => undefined);
    }

    /** The details of the next `event` that it tells. */
    async next(event: string): Promise<unknown[]> {
        try {
            const signal = AbortSignal.any([over.signal, AbortSignal.timeout(5000)]);
            return (await once(this, event, { signal })) as unknown[];
        } catch (error) {
            const told = this.events.join(", ");
            throw new Error(`No "${event}" from the ${this.name}, only: ${told}`, { cause: (error as Error).cause });
        }
    }

    /** Stops the process in its tracks until `thaw()`. */
    freeze(): void {
        this.#process.kill("SIGSTOP");
    }

    thaw(): void {
        this.#process.kill("SIGCONT");
    }

    /** Ends the process as `kill -9` does. */
    kill(): Promise<void> {
        this.#killed = true;
        this.#process.kill("SIGKILL");
        return this.#closed;
    }
}

describe("Interoperation with the originals", function () {
    this.timeout(20_000);
    let folder: string;

    beforeEach(async () => {
        peers = [];
        over = new AbortController();
        folder = await mkdtemp(join(tmpdir(), "sockhop-"));
    });

    afterEach(async () => {
        over.abort();
        await killAll();
        await rm(folder, { recursive: true });
    });

    /** Starts a server and a client, which say to each other all that they have to say. */
    async function connect(pairing: Pairing): Promise<{ client: Peer; server: Peer; place: Place }> {
        const place =
            pairing.transport === "tcp" ? { port: await freePort() } : { path: join(folder, `${peers.length}.sock`) };
        const server = await listen(pairing, place);
        const client = new Peer(pairing, "client", place);
        await exchange(client, server);
        return { client, server, place };
    }

    for (const pairing of PAIRINGS) {
        describe(title(pairing), () => {
            it("passes values with their types, and answers, both ways", async () => {
                const { client, server } = await connect(pairing);
                await finish();
                expect(client.events).to.deep.equal(["connect", "exchanged"]);
                expect(server.events).to.deep.equal(["listening", "connect", "exchanged"]);
            });

            it("reconnects after the server was killed", async () => {
                const { client, server, place } = await connect(pairing);
                // The system closes the connections of a killed process before its listening socket. A client that is
                // quick can connect once more in between, and is cut off again at once: so it had better not look.
                client.freeze();
                await server.kill();
                client.thaw();
                await client.next("disconnect");
                // Left behind by the killed process, and in the way of the next.
                if ("path" in place) await rm(place.path);
                await exchange(client, await listen(pairing, place));
                await finish();
                // The originals emit an error for each attempt at a path that does not exist yet. Ours are silent.
                const events = client.events.filter((event) => pairing.client === OURS || !event.includes("ENOENT"));
                expect(events).to.deep.equal(["connect", "exchanged", "disconnect", "connect", "exchanged"]);
            });
        });
    }

    it("keeps the connections of all pairings while both ends ping", async () => {
        const ends: Peer[] = [];
        for (const pairing of PAIRINGS) {
            const { client, server } = await connect(pairing);
            ends.push(client, server);
        }
        for (const end of ends) end.tell("ping", 100);
        await sleep(1000); // an end that gets no answers hangs up after 400 ms
        for (const end of ends) {
            end.tell("pings");
            const [answered] = await end.next("pings");
            expect(answered, end.name).to.be.at.least(1);
            expect(end.events.slice(-2), end.name).to.deep.equal(["exchanged", "pings"]); // nothing in between
        }
        await finish();
    });
});

function killAll(): Promise<unknown> {
    return Promise.all(peers.map((peer) => peer.kill()));
}

/** Ends all processes of this test. None of them may have written to stderr. */
async function finish(): Promise<void> {
    await killAll();
    for (const { name, stderr } of peers) expect(stderr, `stderr of the ${name}`).to.equal("");
}

async function listen(pairing: Pairing, place: Place): Promise<Peer> {
    const peer = new Peer(pairing, "server", place);
    await peer.next("listening");
    return peer;
}

/** Waits until both ends have said and heard everything, and checks what they heard. */
async function exchange(...ends: Peer[]): Promise<void> {
    await Promise.all(
        ends.map(async (end) => {
            expect(await end.next("exchanged"), end.name).to.deep.equal(EXCHANGED);
        }),
    );
}

/** A port for the originals' servers, which cannot listen on port 0. */
async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}
