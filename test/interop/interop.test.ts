import { expect } from "chai";
import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privatePorts } from "../support/ports";

const OURS = "sockhop";

/** The published releases and their features: Unix domain sockets since 1.4.0, requests since 1.8.0. */
const ORIGINALS = [
    { release: "1.2.11", transports: ["TCP"], requests: false },
    { release: "1.3.5", transports: ["TCP"], requests: false },
    { release: "1.4.0", transports: ["TCP", "Unix"], requests: false },
    { release: "1.6.0", transports: ["TCP", "Unix"], requests: false },
    { release: "1.8.0", transports: ["TCP", "Unix"], requests: true },
    { release: "1.8.4", transports: ["TCP", "Unix"], requests: true },
] as const;

type Role = "client" | "server";

/** A release at one end of a connection, and this library at the other. */
interface Pairing {
    release: string;
    transport: "TCP" | "Unix";
    requests: boolean;
    /** The role of this library. */
    ours: Role;
}

const ROWS = ORIGINALS.flatMap(({ release, transports, requests }) =>
    transports.map((transport) => ({ release, transport, requests })),
);
const PAIRINGS = ROWS.flatMap((row): Pairing[] => [
    { ...row, ours: "client" },
    { ...row, ours: "server" },
]);

/** The module for a role. */
function moduleOf({ release, ours }: Pairing, role: Role): string {
    return role === ours ? OURS : `sockhop-${release}`;
}

function title(pairing: Pairing): string {
    return `${moduleOf(pairing, "client")} client, ${moduleOf(pairing, "server")} server, ${pairing.transport}`;
}

/** The values that peer.js sends for "values". */
const VALUES = [
    [{ size: 3 }, "Widget"],
    ["é→😀", "String"],
    [[1, ["two"]], "Array"],
    [4.5, "Number"],
];
/** The responses of peer.js to "one" and "many". The last packet of "many" is sent by `end()`: 1.8 has no other way. */
const ONE = [{ data: { size: 3 }, type: "Widget" }];
const MANY = [{ data: "é→😀", type: "String" }, ...ONE, { data: {}, type: "Object" }];
/** The methods to read a response; `ask()` is another. */
const TAKERS = { original: ["all", "events"], ours: ["all", "events", "loop"] };

type Place = { port: number } | { path: string };
type Told = [event: string, ...details: unknown[]];

/** A process that runs peer.js. An unexpected exit ends the check. */
class Peer extends EventEmitter {
    readonly name: string;
    stderr = "";
    readonly #link: Link;
    readonly #process;
    readonly #closed: Promise<void>;
    /** Events that no check has consumed. */
    #unread: Told[] = [];
    #killed = false;

    constructor(link: Link, role: Role) {
        super();
        this.#link = link;
        const module = moduleOf(link.pairing, role);
        this.name = `${module} ${role}`;
        const options = JSON.stringify({ ...link.place, auto_reconnect_interval: 50 });
        this.#process = fork(join(__dirname, "peer.js"), [module, role, options], {
            env: link.env,
            stdio: ["ignore", "ignore", "pipe", "ipc"],
        });
        this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
        this.#process.on("message", (message) => {
            if (this.#killed) return;
            this.#unread.push(message as Told);
            this.emit("told");
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
            const told = this.#unread.find(([name]) => name === event);
            if (told) {
                this.#unread.splice(this.#unread.indexOf(told), 1);
                return told.slice(1);
            }
            try {
                await once(this, "told", { signal: this.#link.over.signal });
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
class Link {
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

async function objects({ directions }: Link): Promise<void> {
    for (const [from, to] of directions) {
        await from.do("values");
        for (const value of VALUES) expect(await to.next("receive"), to.name).to.deep.equal(value);
    }
}

async function callbacks({ directions }: Link): Promise<void> {
    for (const [from, to] of directions) {
        expect(await from.do("question"), from.name).to.deep.equal([{ size: 3 }, "Widget"]);
        expect(await to.next("receive"), to.name).to.deep.equal(["?", "String"]);
    }
}

async function pings({ client, server }: Link): Promise<void> {
    // An end without pongs closes after four pings.
    await Promise.all([client, server].map((end) => end.do("ping", 200, 6)));
}

async function reconnect(link: Link): Promise<void> {
    const { client, server, place } = link;
    // The system closes the connections of a killed process before its listening socket. A fast client can
    // connect once more in between, and is disconnected at once: do not check these events.
    client.freeze();
    await server.kill();
    client.thaw();
    await client.next("disconnect");
    // The stale socket of the killed process would block the next server.
    if ("path" in place) await rm(place.path);
    await link.listen();
    await link.connected();
    await objects(link);
    // Other releases emit an error for each attempt at a missing path. This library is silent.
    if (client !== link.ours) client.ignore(/ENOENT/);
}

async function requests(link: Link): Promise<void> {
    const { ours, original, directions } = link;
    const timedOut = ["ERR_RESPONSE_TIMEOUT", []];

    // Without a handler. A 1.x release would read our error response as an ordinary one.
    for (const [from] of directions) expect(await from.do("fail", "one", 200), from.name).to.deep.equal(timedOut);
    for (const [from] of directions) await from.do("respond");

    // Aborted. Later packets are ignored at both ends.
    expect(await ours.do("abort", "nothing")).to.equal("ERR_ABORTED");
    expect(await original.next("held")).to.deep.equal(["String"]);
    for (const [from, to] of directions) {
        expect(await from.do("fail", "nothing", 200), from.name).to.deep.equal(timedOut);
        await to.next("held");
        await to.do("release");
    }

    // An error that a 1.x release cannot read.
    expect(await original.do("fail", "failure", 200)).to.deep.equal(timedOut);

    for (const [from] of directions) {
        expect(await from.do("request", "one", "next"), from.name).to.deep.equal(ONE);
        for (const take of TAKERS[from === ours ? "ours" : "original"]) {
            expect(await from.do("request", "one", take), `${from.name}, ${take}`).to.deep.equal(ONE);
            expect(await from.do("request", "many", take), `${from.name}, ${take}`).to.deep.equal(MANY);
        }
    }
    expect(await ours.do("ask", "one")).to.deep.equal({ size: 3 });
}

/** A release without requests receives them as ordinary messages. */
async function noRequests(link: Link): Promise<void> {
    const { ours, original } = link;
    expect(await ours.do("fail", "one", 200)).to.deep.equal(["ERR_RESPONSE_TIMEOUT", []]);
    const [request, type] = await original.next("receive");
    expect(request).to.include({ data: "one", type: "String" });
    expect(type).to.equal("SockhopRequest");
    // The cancel message.
    const [, then] = await original.next("receive");
    expect(then).to.equal("SockhopResponsePacket");
    await objects(link);
}

/** Order of the columns. */
const COLUMNS = ["objects", "callbacks", "pings", "reconnect", "requests"] as const;

interface Feature {
    column?: (typeof COLUMNS)[number];
    promise: string;
    check: (link: Link) => Promise<void>;
    /** Pairings that support the feature; all by default. */
    applies?: (row: Pick<Pairing, "requests">) => boolean;
}

/** Order of the checks. Pings come last, because 1.2.11 and 1.3.5 cannot stop them. */
const FEATURES: Feature[] = [
    { column: "objects", promise: "pass values with their types, both ways", check: objects },
    { column: "callbacks", promise: "answer questions, both ways", check: callbacks },
    {
        column: "requests",
        promise: "answer requests, both ways, and go on after those that fail",
        check: requests,
        applies: (row) => row.requests,
    },
    {
        promise: "go on after a request of ours to a release that has none",
        check: noRequests,
        applies: (row) => !row.requests,
    },
    { column: "reconnect", promise: "reconnect after the server was killed", check: reconnect },
    { column: "pings", promise: "stay connected while both ends ping", check: pings },
];

/** Runs checks one after the other between the same two processes; starts new ones after a failed check. */
class Inspection {
    /** Timeout of a check in milliseconds. */
    static readonly limit = 30_000;
    readonly #pairing: Pairing;
    readonly #folder: string;
    #link: Link | undefined;

    constructor(pairing: Pairing, folder: string) {
        this.#pairing = pairing;
        this.#folder = folder;
    }

    async run({ check }: Feature): Promise<void> {
        const running = this.#link;
        const link = running ?? new Link(this.#pairing, this.#folder);
        this.#link = link;
        const timer = setTimeout(() => {
            link.over.abort(new Error(`Not done in ${Inspection.limit} ms`));
        }, Inspection.limit);
        try {
            if (!running) await link.open();
            await check(link);
            link.assertQuiet();
        } catch (error) {
            await this.end();
            throw error;
        } finally {
            clearTimeout(timer);
        }
    }

    async end(): Promise<void> {
        await this.#link?.close();
        this.#link = undefined;
    }
}

/** The error of each check, or undefined. */
type Outcomes = Map<Feature, Map<Pairing, Promise<unknown>>>;

describe("Interoperability with published releases", function () {
    this.timeout(60_000);
    let folder: string;
    const outcomes: Outcomes = new Map(FEATURES.map((feature) => [feature, new Map<Pairing, Promise<unknown>>()]));
    const inspections: Promise<unknown>[] = [];

    // All pairings run at the same time, because they mostly wait.
    before("start the checks", async () => {
        folder = await mkdtemp(join(tmpdir(), "sockhop-"));
        for (const pairing of PAIRINGS) {
            const inspection = new Inspection(pairing, folder);
            let last: Promise<unknown> = Promise.resolve();
            for (const feature of FEATURES.filter((each) => pairingsOf(each).includes(pairing))) {
                last = last.then(() => inspection.run(feature)).catch((error: unknown) => error);
                outcomes.get(feature)!.set(pairing, last);
            }
            inspections.push(last.then(() => inspection.end()));
        }
    });

    after("wait for what still runs", async () => {
        await Promise.all(inspections);
        await rm(folder, { recursive: true });
    });

    for (const feature of FEATURES) {
        describe(feature.promise, () => {
            for (const pairing of pairingsOf(feature)) {
                it(title(pairing), async () => {
                    const error = await outcomes.get(feature)!.get(pairing);
                    if (error) throw error as Error;
                });
            }
        });
    }

    // A separate suite, because mocha runs the tests of a suite before its nested suites.
    describe("summary", () => {
        it("matches the table in docs/compatibility.md", async () => {
            const table = await matrix(outcomes);
            process.stdout.write(`\n${table}\n`);
            assertDocumented(table);
        });
    });
});

function pairingsOf({ applies = () => true }: Feature): Pairing[] {
    return PAIRINGS.filter(applies);
}

let addresses = 0;

/** A new address for a server. Old releases cannot listen on port 0; the port is a private one. */
function findPlace({ transport }: Pairing, folder: string): Place {
    addresses += 1;
    return transport === "Unix" ? { path: join(folder, `${addresses}.sock`) } : { port: 50_000 + addresses };
}

/** The outcomes as a table: a row for each release and transport, a column for each feature. */
async function matrix(outcomes: Outcomes): Promise<string> {
    const lines: string[][] = [
        ["release", "transport", ...COLUMNS],
        ["---", "---", ...COLUMNS.map(() => "---")],
    ];
    for (const row of ROWS) {
        const line: string[] = [row.release, row.transport];
        for (const column of COLUMNS) {
            const feature = FEATURES.find((each) => each.column === column)!;
            const marks = pairingsOf(feature)
                .filter(({ release, transport }) => release === row.release && transport === row.transport)
                .map(async (pairing) => ((await outcomes.get(feature)!.get(pairing)) ? "✗" : "✓"));
            line.push((await Promise.all(marks)).join("/") || "–");
        }
        lines.push(line);
    }
    return lines.map((line) => `| ${line.join(" | ")} |\n`).join("");
}

/** Compares the table with the documented one, or updates it if UPDATE_COMPATIBILITY is set. */
function assertDocumented(table: string): void {
    const file = join(__dirname, "../../docs/compatibility.md");
    const document = readFileSync(file, "utf8");
    const updated = document.replace(/(?<=<!-- matrix -->\n\n).*?(?=\n<!-- \/matrix -->)/s, table);
    if (process.env["UPDATE_COMPATIBILITY"]) writeFileSync(file, updated);
    else expect(document, "UPDATE_COMPATIBILITY=1 brings it up to date").to.equal(updated);
    expect(updated).to.include(table);
}
