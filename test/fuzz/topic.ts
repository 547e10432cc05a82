import { ok, strictEqual } from "node:assert";
import fc from "fast-check";
import { type Engine, SockhopClient, SockhopServer, memory_engine } from "../../src";
import { writeHead, writeStatus } from "../../src/cluster/values/ClusterMessage";
import { until } from "./guard";
import { CODES } from "./harness";
import { freshPath } from "./setups";

/** Messages of strangers on the topic of a cluster. */
export interface Topic {
    texts: unknown[];
    /** Number of members that are invented between the others. */
    invented: number;
    options: { codec?: "binary"; terminator?: string; peer_type?: "json" };
}

/** Number of messages so far. */
export const heardTotals = { cluster: 0 };

const MAX_MEMBERS = 1000;
const ALL = "sockhop.sockhop.all";

const IDS = ["8f3a1c09be52", "8f3a1c09be53", "__proto__", "constructor", "-", "a".repeat(40), "a".repeat(41)];
const VALID = [
    `${writeHead(IDS[0]!, "*", 3, 3)}{"type":"A","data":1}\n@["lobby"]\n{"type":"B","data":{}}\n#AQ==\n`,
    `${writeHead(IDS[1]!, "*", 2, 2)}{"type":"SockhopPing","data":{}}\n@\n{"type":"SockhopRequest","data":{}}\n`,
    writeHead(IDS[0]!, "+", 3, 1, 9) + writeStatus(3),
    writeHead(IDS[1]!, "?", 0, 1, 1) + writeStatus(0),
    writeHead(IDS[0]!, "-", 7, 0),
    '2 8f3a1c09be52 * 1 1 {"of":"another version"}\n{}\n',
];

const piece = fc.oneof(
    fc.constantFrom("1", " ", "\n", "@", "@[]", '@["lobby"]\n', "{}", "#", "*", "+", "?", "-", ...IDS),
    fc.constantFrom("9007199254740991", "9007199254740992", "-1", "0", "1e9", "999999999", "\u0000", "\ud800", "é|"),
    fc.constantFrom('{"type":"__proto__","data":{"__proto__":{"polluted":1}}}\n', `#${"A".repeat(5000)}\n`),
    fc.string({ maxLength: 20 }),
    fc.nat().map(String),
);

/** A valid message in which one part is replaced. */
const mutatedText = fc
    .tuple(fc.constantFrom(...VALID), fc.nat(120), fc.nat(20), piece)
    .map(([text, start, length, part]) => text.slice(0, start) + part + text.slice(start + length));

const line = fc.oneof(
    fc.constantFrom("{}", "{bad}", '{"a":1}', "#AAAA", "#!", "@", '@["lobby"]', '@["__proto__"]'),
    fc.json().map((data) => `{"type":"Any","data":${data}}`),
    fc.base64String().map((text) => `#${text}`),
);

/** A message whose first line is valid, with any ids, kinds and numbers. */
const forged = fc
    .tuple(
        fc.oneof(fc.constantFrom(...IDS), fc.stringMatching(/^[\w-]{1,12}$/)),
        fc.constantFrom("*", "*", "*", "+", "?", "-", "=", "!"),
        fc.oneof(fc.maxSafeNat(), fc.nat(20)),
        fc.array(line, { maxLength: 6 }),
        fc.option(fc.nat(7), { nil: undefined }),
    )
    .map(([id, kind, number, lines, count]) => {
        const values = lines.filter((each) => !each.startsWith("@")).length;
        return `${writeHead(id, kind, number, count ?? values)}${lines.map((each) => `${each}\n`).join("")}`;
    });

export const topics: fc.Arbitrary<Topic> = fc.record({
    texts: fc.array(
        fc.oneof(
            { weight: 6, arbitrary: forged },
            { weight: 4, arbitrary: mutatedText },
            { weight: 2, arbitrary: fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")) },
            { weight: 1, arbitrary: fc.anything() },
        ),
        { minLength: 1, maxLength: 400, size: "max" },
    ),
    invented: fc.constantFrom(0, 0, 0, 100, 3000),
    options: fc.constantFrom<Topic["options"]>({}, { codec: "binary" }, { terminator: "|" }, { peer_type: "json" }),
});

/** Strangers who publish anything stop no server: it serves its clients, and hears the sound servers, as before. */
export async function survives({ texts, invented, options }: Topic): Promise<void> {
    const hub = memory_engine();
    let hear!: (topic: unknown, text: unknown) => void;
    const engine: Engine = {
        connect: (names, heard, lost) => {
            hear = heard as typeof hear;
            return hub.connect(names, heard, lost);
        },
    };
    const path = freshPath();
    const server = new SockhopServer({ path, cluster: engine, ...options });
    const sound = new SockhopServer({ path: freshPath(), cluster: hub });
    const old = new SockhopClient({ path, ...options });
    const fresh = new SockhopClient({ path, ...options });
    const errors: unknown[] = [];
    for (const each of [server, sound, old, fresh]) each.on("error", (error: unknown) => errors.push(error));
    server.cluster!.on("degraded", (error) => errors.push(error));
    let connects = 0;
    server.on("connect", (_socket, session) => {
        connects += 1;
        void session.join("lobby");
    });
    try {
        await Promise.all([server.listen(), sound.listen()]);
        const { id } = server.cluster!;
        await old.connect();
        for (let n = 0; n < invented; n++) hear(ALL, writeHead(`m${n}`, "+", n, 1, 1) + writeStatus(1));
        for (const text of texts) {
            hear(ALL, text);
            hear(`sockhop.sockhop.to.${id}`, text);
        }
        // Messages with the id of the server itself, such as echoes of what it has never sent.
        for (const kind of "*+?-!") hear(ALL, writeHead(id!, kind, 2 ** 50, 3, 2 ** 50));
        heardTotals.cluster += invented + 2 * texts.length + 5;
        strictEqual(server.cluster!.state, "joined");
        ok(server.cluster!.members.length <= MAX_MEMBERS + 1);
        strictEqual(({} as { polluted?: unknown }).polluted, undefined);
        const arrived: unknown[] = [];
        fresh.on("receive", (value) => arrived.push(value));
        await fresh.connect();
        await until(
            () => connects === 2,
            () => "no session",
        );
        if (invented < MAX_MEMBERS) await sound.sendall({ sound: true });
        await server.sendall({ own: true }, { local: true });
        const wanted = invented < MAX_MEMBERS ? ["own", "sound"] : ["own"];
        await until(
            () =>
                wanted.every((name) =>
                    arrived.some((value) => (value as Record<string, unknown> | null)?.[name] === true),
                ),
            () => `nothing arrives any more: ${JSON.stringify(arrived).slice(0, 500)}`,
        );
        for (const error of errors) ok(CODES.has((error as { code: string }).code), String(error));
    } finally {
        await Promise.all([old.disconnect(), fresh.disconnect()]);
        await Promise.all([server.close(), sound.close()]);
    }
}
