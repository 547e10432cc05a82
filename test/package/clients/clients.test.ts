import { expect } from "chai";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SockhopPing, SockhopServer, SockhopSession } from "../../../src";
import { rejection, server, socketPath } from "../../support/pair";
import { until } from "../../support/eventLoop";

const EXAMPLES = join(__dirname, "../../../docs/examples");
const PYTHON_CLIENT = join(EXAMPLES, "python/sockhop_client.py");

/** True if a program can be run and is the expected one. */
function has(program: string, args: string[], means: RegExp): boolean {
    try {
        return means.test(execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }));
    } catch {
        return false;
    }
}

/** Programs of the tests, with a check for each. There are several programs named nc. */
const PROGRAMS = {
    bash: () => has("bash", ["-c", "echo ${BASH_VERSINFO[0]}"], /^([4-9]|\d\d)/),
    nc: () => has("bash", ["-c", "nc -h 2>&1 || true"], /OpenBSD/),
    socat: () => has("socat", ["-V"], /socat version/),
    python3: () => has("python3", ["-c", "import sys; print(sys.version_info >= (3, 8))"], /True/),
};

/** Skips the tests of a suite if one of these programs is missing. */
function needs(...names: (keyof typeof PROGRAMS)[]): void {
    before(function () {
        const missing = names.filter((name) => !PROGRAMS[name]());
        if (missing.length === 0) return;
        console.log(`      not tested, for want of: ${missing.join(", ")}`); // eslint-disable-line no-console
        this.skip();
    });
}

/** Returns the output of a program. Rejects unless it ends with exit code 0 and prints no errors. */
function run(program: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
        execFile(program, args, { timeout: 60_000 }, (error, stdout, stderr) => {
            if (error ?? stderr) reject(new Error(`${program} has failed: ${stderr}`, { cause: error }));
            else resolve(stdout);
        });
    });
}

/** The address of a server as an argument. */
function placeOf(listening: SockhopServer): string {
    return listening.path ?? String(listening.get_bound_port());
}

/** Pings a client until it has replied more often than pings may be lost. */
async function ping({ server: s, sock }: SockhopSession): Promise<void> {
    const answered = new Set<SockhopPing>();
    s.ping(20);
    await until(() => {
        for (const each of s.pings.get(sock) ?? []) if (!each.unanswered()) answered.add(each);
        return answered.size > 5;
    });
    s.ping(0);
}

/** Commands for the server: strings that a client sends. */
const ERRANDS: Record<string, (session: SockhopSession) => unknown> = {
    "ask me": (session) =>
        session.send("who are you?", (answer: unknown) => {
            void session.send({ answer });
        }),
    "request from me": async (session) => {
        await session.send({ answer: (await session.ask({ a: 1 })) as unknown });
        const { code, message } = await rejection(session.ask("fail"));
        await session.send({ code, message });
    },
    "ping me": async (session) => {
        await ping(session);
        await session.send("pinged");
    },
    "hang up": (session) => session.kill(),
};

/** The reaction of the server to a message that is not a call. */
function reaction(value: unknown, session: SockhopSession): unknown {
    if (typeof value === "string") return ERRANDS[value]!(session);
    const { name } = value as { name?: string };
    if (name === undefined) return session.send({ seen: value });
    return session.send(name === "bye" ? { bye: true } : { hello: name });
}

/** The server that talk.sh and talk.py expect. */
async function talkative(language: string, path: string | null): Promise<SockhopServer> {
    const s = server({ path, peer_type: language });
    s.on("receive", (value: unknown, { session, callback }) => {
        if (callback) callback(Array.isArray(value) ? value[1] : "fine");
        else void reaction(value, session);
    });
    s.on("request", async ({ data }, response, { session }) => {
        response.signal.addEventListener("abort", () => void session.send("given up").catch(() => undefined));
        if (data === "no answer") return;
        if (data === "without end") await response.write("a part");
        else if (data === "sum") await response.send(5);
        else if (data < 0) await response.fail(new Error("No"));
        else {
            for (let n = 1; n <= data; n++) await response.write(n);
            await response.end();
        }
    });
    await s.listen();
    return s;
}

const TRANSPORTS = { TCP: () => null, "a Unix domain socket": socketPath };

describe("Clients in other languages", () => {
    for (const tool of ["nc", "socat"] as const) {
        describe(`a shell with ${tool}`, () => {
            needs("bash", tool);

            for (const [transport, path] of Object.entries(TRANSPORTS)) {
                it(`exchanges lines of JSON with a server over ${transport}`, async () => {
                    const s = await talkative("json", path());
                    const said = await run(join(__dirname, "talk.sh"), tool, "json", placeOf(s));
                    expect(said.split("\n")).to.deep.equal([
                        '{"hello":"world"}',
                        '{"seen":["é→😀",null]}',
                        '{"bye":true}',
                        "",
                    ]);
                });

                it(`exchanges envelopes with a server over ${transport}`, async () => {
                    const s = await talkative("Sockhop", path());
                    const gone = once(s, "disconnect");
                    const said = await run(join(__dirname, "talk.sh"), tool, "sockhop", placeOf(s));
                    const packet = '{"type":"SockhopResponsePacket","data":{"uuid":';
                    const lines = said.split("\n");
                    expect(lines.slice(0, 2)).to.deep.equal([
                        '{"type":"Object","data":{"hello":"world"}}',
                        '{"type":"String","data":"fine","callback_id":"question-1"}',
                    ]);
                    expect(lines[2]).to.match(/^\{"type":"String","data":"who are you\?","id":"[-0-9a-f]{36}"\}$/);
                    expect(lines.slice(3, 8)).to.deep.equal([
                        '{"type":"Object","data":{"answer":"I am a shell"}}',
                        `${packet}"request-1","type":"Number","data":1,"last":false}}`,
                        `${packet}"request-1","type":"Number","data":2,"last":false}}`,
                        `${packet}"request-1","type":"Object","data":{},"last":true,"empty":true}}`,
                        `${packet}"request-2","type":"Object","data":{},"last":true,"empty":true,` +
                            '"error":{"code":"ERR_REQUEST_FAILED","message":"No"}}}',
                    ]);
                    expect(lines[8]).to.match(
                        /^\{"type":"SockhopPong","data":\{"_id":"ping-1","_created":"2026-01-01T00:00:00.000Z","_returned":"[^"]+","_finished":null\}\}$/,
                    );
                    expect(lines.slice(9)).to.deep.equal(['{"type":"Object","data":{"bye":true}}', ""]);
                    await gone;
                });
            }
        });
    }

    describe("Python", () => {
        needs("python3");

        for (const [transport, path] of Object.entries(TRANSPORTS)) {
            for (const language of ["json", "sockhop"]) {
                it(`exchanges ${language === "json" ? "lines of JSON" : "envelopes"} with a server over ${transport}`, async () => {
                    const s = await talkative(language, path());
                    const heard: unknown[] = [];
                    s.on("receive", (value: unknown) => heard.push(value));
                    expect(await run("python3", join(__dirname, "talk.py"), language, placeOf(s))).to.equal("");
                    await until(() => s.sockets.length === 0);
                    expect(heard.at(-1)).to.deep.equal({ name: "bye" });
                });
            }
        }

        it("has a client for the command line", async () => {
            const s = await talkative("Sockhop", null);
            const command = (...args: string[]) => run("python3", "-B", PYTHON_CLIENT, placeOf(s), ...args);
            expect(await command("ask", '"sum"')).to.equal("5\n");
            expect(await command("request", "2")).to.equal("1\n2\n");
            expect(await command("call", '["seen",{"a":null}]')).to.equal('{"a": null}\n');
            const received = once(s, "receive");
            expect(await command("send", '{"name":"é"}')).to.equal("");
            expect((await received)[0]).to.deep.equal({ name: "é" });
        });
    });

    it("docs/examples/README.md lists the client in Python", () => {
        expect(readFileSync(join(EXAMPLES, "README.md"), "utf8")).to.include(
            "[python/sockhop_client.py](python/sockhop_client.py)",
        );
    });
});
