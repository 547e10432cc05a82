import { expect } from "chai";
import { rm } from "node:fs/promises";
import type { Link } from "./Link";
import type { Pairing } from "./pairings";

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
const READERS = { original: ["all", "events"], ours: ["all", "events", "loop"] };

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
        for (const reader of READERS[from === ours ? "ours" : "original"]) {
            expect(await from.do("request", "one", reader), `${from.name}, ${reader}`).to.deep.equal(ONE);
            expect(await from.do("request", "many", reader), `${from.name}, ${reader}`).to.deep.equal(MANY);
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
export const COLUMNS = ["objects", "callbacks", "pings", "reconnect", "requests"] as const;

export interface Feature {
    column?: (typeof COLUMNS)[number];
    promise: string;
    check: (link: Link) => Promise<void>;
    /** Pairings that support the feature; all by default. */
    applies?: (row: Pick<Pairing, "requests">) => boolean;
}

/** Order of the checks. Pings come last, because 1.2.11 and 1.3.5 cannot stop them. */
export const FEATURES: Feature[] = [
    { column: "objects", promise: "transfer values with their types in both directions", check: objects },
    { column: "callbacks", promise: "reply to calls in both directions", check: callbacks },
    {
        column: "requests",
        promise: "respond to requests in both directions, and continue after failed ones",
        check: requests,
        applies: (row) => row.requests,
    },
    {
        promise: "continue after a request of this library to a release without requests",
        check: noRequests,
        applies: (row) => !row.requests,
    },
    { column: "reconnect", promise: "reconnect after the server was killed", check: reconnect },
    { column: "pings", promise: "stay connected while both ends ping", check: pings },
];
