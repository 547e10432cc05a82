import { expect } from "chai";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Engine, EngineLink } from "../../src/cluster/engine/Engine";
import { Relay } from "../support/Relay";
import { later } from "../support/leftovers";
import { uncaught, unhandled } from "../support/rejections";

/** What an engine has instead of the port of its broker, the right password and the default time limit of attempts. */
export interface Change {
    port?: number;
    password?: string;
    timeout?: number;
}

/** Time limit, in milliseconds, of an attempt to which nobody replies. */
const MUTE_MS = 300;

/** An engine on a broker of its own, which listens on a port of this computer. */
export interface Tested {
    /** Returns an engine for the broker. */
    engine(change?: Change): Engine;
    /** Expression of JavaScript for such an engine. */
    source(change?: Change): string;
    port: number;
    /** Ends the broker at once. */
    kill(): Promise<void>;
    /** Starts it again. */
    restart(): Promise<void>;
    /** Stops its process until it is killed. */
    freeze(): Promise<void>;
}

/** A connection of an engine, and what its owner hears. */
interface Listening {
    link: EngineLink;
    /** Topics and texts. */
    heard: [topic: string, text: string][];
    losses: Error[];
    /** Resolves when a text was heard. */
    hears: (text: string) => Promise<void>;
    /** Resolves when the connection was lost. */
    loses: () => Promise<void>;
}

/** Names of topics, which no other test uses. */
let topics = 0;

export function newTopic(): string {
    topics += 1;
    return `sockhop.contract-${process.pid}-${topics}.all`;
}

/** Connects an engine until the end of the test. */
export async function listen(engine: Engine, ...subscribed: string[]): Promise<Listening> {
    const heard: [string, string][] = [];
    const texts = new Set<string>();
    const losses: Error[] = [];
    const waiting = new Set<() => void>();
    const changed = (): void => {
        for (const check of waiting) check();
    };
    const until = (condition: () => boolean): Promise<void> =>
        new Promise((resolve) => {
            const check = (): void => {
                if (!condition()) return;
                waiting.delete(check);
                resolve();
            };
            waiting.add(check);
            check();
        });
    const link = await engine.connect(
        subscribed,
        (topic, text) => {
            heard.push([topic, text]);
            texts.add(text);
            changed();
        },
        (error) => {
            losses.push(error);
            changed();
        },
    );
    later(() => link.close());
    return {
        link,
        heard,
        losses,
        hears: (text) => until(() => texts.has(text)),
        loses: () => until(() => losses.length > 0),
    };
}

/** Connects an engine that must not connect. Returns the reason. */
export async function refused(engine: Engine): Promise<Error & { code?: string }> {
    const outcome = await engine
        .connect(
            [newTopic()],
            () => expect.fail("heard something"),
            () => expect.fail("lost what was never there"),
        )
        .then(
            (link) => ({ link }),
            (error: unknown) => ({ error }),
        );
    if ("link" in outcome) {
        await outcome.link.close();
        throw new Error("It has connected");
    }
    return outcome.error as Error;
}

/** Code with which a promise rejects. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
        () => "resolved",
        (error: unknown) => (error as { code?: unknown }).code,
    );
}

/** Waits until the event loop has polled its sockets some times. */
async function turns(count = 20): Promise<void> {
    for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Fails a test that leaves a rejected promise that nobody handles. */
function expectNoRejections(): void {
    let rejections: unknown[];

    beforeEach(() => {
        rejections = unhandled();
    });

    afterEach(async () => {
        await turns(2);
        expect(rejections, "unhandled rejections").to.deep.equal([]);
    });
}

/**
 * Tests what each engine of a cluster has to do.
 *
 * @param engine - returns an engine; all that it returns share one broker
 * @param isOurs - tests also what users need not do, since the cluster does it too: check sizes and catch exceptions
 */
export function engineContract(engine: () => Engine, isOurs = true): void {
    expectNoRejections();

    it("delivers 10 000 messages in order, to the publisher too", async () => {
        const topic = newTopic();
        const [a, b] = [await listen(engine(), topic), await listen(engine(), topic)];
        const texts = Array.from({ length: 10_000 }, (_, n) => `message ${n}`);
        await Promise.all(texts.map((text) => a.link.publish(topic, text)));
        await Promise.all([a.hears(texts.at(-1)!), b.hears(texts.at(-1)!)]);
        for (const { heard } of [a, b]) expect(heard).to.deep.equal(texts.map((text) => [topic, text]));
    });

    it("keeps the order of one publisher and topic in further turns", async () => {
        const topic = newTopic();
        const { link, heard, hears } = await listen(engine(), topic);
        const sent: Promise<unknown>[] = [];
        for (let n = 0; n < 200; n += 1) {
            sent.push(link.publish(topic, String(n)));
            if (n % 7 === 0) await turns(1);
            if (n % 11 === 0) await sent.at(-1);
        }
        await Promise.all(sent);
        await hears("199");
        expect(heard.map(([, text]) => Number(text))).to.deep.equal([...heard.keys()]);
        expect(heard).to.have.length(200);
    });

    it("delivers text as UTF-8: all planes, U+0000, a byte order mark, and U+FFFD for lone surrogates", async () => {
        const topic = newTopic();
        const { link, heard, hears } = await listen(engine(), topic);
        const texts = [
            "",
            "\0",
            "\uFEFFä\0€\u{1F600}",
            'line\r\nline\n{"type":1}',
            "a\uD800b",
            "\uDC00",
            "€".repeat(70_000),
        ];
        for (const text of [...texts, "end"]) await link.publish(topic, text);
        await hears("end");
        const expected = texts.map((text) => Buffer.from(text).toString());
        expect(heard.slice(0, -1).map(([, text]) => text)).to.deep.equal(expected);
    });

    it("delivers a message of its limit, and rejects a larger one alone", async () => {
        const topic = newTopic();
        const { link, heard, hears, losses } = await listen(engine(), topic);
        expect(link.limit).to.be.within(64 * 1024, 64 * 1024 * 1024);
        const largest = `${"€".repeat(Math.floor(link.limit / 3))}${"x".repeat(link.limit % 3)}`;
        expect(Buffer.byteLength(largest)).to.equal(link.limit);
        if (isOurs) expect(await codeOf(link.publish(topic, `${largest}x`))).to.equal("ERR_MESSAGE_TOO_LARGE");
        await link.publish(topic, largest);
        await link.publish(topic, "after it");
        await hears("after it");
        expect(heard.map(([, text]) => text === largest)).to.deep.equal([true, false]);
        expect(losses).to.deep.equal([]);
    });

    it("keeps topics apart", async () => {
        const [one, two, other] = [newTopic(), newTopic(), newTopic()];
        const { link, heard, hears } = await listen(engine(), one, two);
        await Promise.all([link.publish(other, "0"), link.publish(two, "2"), link.publish(one, "1")]);
        await link.publish(one, "end");
        await hears("end");
        if (!heard.some(([topic]) => topic === two)) await hears("2");
        expect(heard.filter(([, text]) => text !== "end")).to.have.deep.members([
            [one, "1"],
            [two, "2"],
        ]);
    });

    if (isOurs) {
        it("goes on after an exception of its owner, which becomes an uncaught exception", async () => {
            const topic = newTopic();
            const thrown = uncaught();
            const texts: string[] = [];
            let end!: () => void;
            const ended = new Promise<void>((resolve) => (end = resolve));
            const link = await engine().connect(
                [topic],
                (_topic, text) => {
                    texts.push(text);
                    if (text === "throw") throw new Error("of the owner");
                    end();
                },
                () => texts.push("lost"),
            );
            later(() => link.close());
            await link.publish(topic, "throw");
            expect((await thrown).message).to.equal("of the owner");
            await link.publish(topic, "end");
            await ended;
            expect(texts).to.deep.equal(["throw", "end"]);
        });
    }

    it("says nothing after close(), and rejects", async () => {
        const topic = newTopic();
        const test = engine();
        const [a, b] = [await listen(test, topic), await listen(test, topic)];
        const pending = codeOf(a.link.publish(topic, "pending"));
        const closed = a.link.close();
        const { length } = a.heard;
        await pending;
        await closed;
        expect(await codeOf(a.link.publish(topic, "late"))).to.not.equal("resolved");
        await b.link.publish(topic, "end");
        await b.hears("end");
        await turns();
        expect(a.heard).to.have.length(length);
        expect(a.losses).to.deep.equal([]);
        await a.link.close();
    });

    it("can connect again after close()", async () => {
        const topic = newTopic();
        const test = engine();
        for (const text of ["1", "2", "3"]) {
            const { link, heard, hears } = await listen(test, topic);
            await link.publish(topic, text);
            await hears(text);
            await link.close();
            expect(heard).to.deep.equal([[topic, text]]);
        }
    });
}

/**
 * Tests what an engine has to do when its network and its broker do not work as they should.
 *
 * @param tested - returns the engine; called when the broker runs
 */
export function brokenNetworkContract(tested: () => Tested): void {
    expectNoRejections();
    let isBroken = false;

    afterEach("start the broker again", async () => {
        if (isBroken) await tested().restart();
        isBroken = false;
    });

    async function kill(): Promise<void> {
        isBroken = true;
        await tested().kill();
    }

    async function freeze(): Promise<void> {
        isBroken = true;
        await tested().freeze();
    }

    it("loses the connection once when the broker is killed, and all that is pending rejects", async () => {
        const topic = newTopic();
        const { link, losses, loses } = await listen(tested().engine(), topic);
        await freeze();
        const pending = Array.from({ length: 10 }, (_, n) => codeOf(link.publish(topic, String(n))));
        await turns(3);
        pending.push(codeOf(link.publish(topic, "in another turn")));
        await turns();
        await kill();
        await loses();
        expect(new Set(await Promise.all(pending))).to.deep.equal(new Set(["ERR_CLUSTER_DEGRADED"]));
        expect(await codeOf(link.publish(topic, "after"))).to.equal("ERR_CLUSTER_DEGRADED");
        await link.close();
        await turns();
        expect(losses).to.have.length(1);
        expect(losses[0]).to.have.property("code", "ERR_CLUSTER_DEGRADED");
    });

    it("loses the connection once when something between cuts it", async () => {
        const relay = await Relay.start(tested().port);
        const { losses, loses } = await listen(tested().engine({ port: relay.port }), newTopic());
        relay.cut();
        await loses();
        await turns();
        expect(losses).to.have.length(1);
    });

    it("settles what is pending at close() while the broker is frozen, and closes its socket", async () => {
        const topic = newTopic();
        const relay = await Relay.start(tested().port);
        const { link, losses } = await listen(tested().engine({ port: relay.port }), topic);
        await freeze();
        const pending = codeOf(link.publish(topic, "pending"));
        await turns();
        await link.close();
        expect(await pending).to.equal("ERR_CLUSTER_DEGRADED");
        await relay.empty();
        expect(losses).to.deep.equal([]);
    });

    it("rejects while there is no broker, and connects when there is one again", async () => {
        await kill();
        const test = tested().engine();
        const error = await refused(test);
        expect(error).to.have.property("code", "ERR_CLUSTER_DEGRADED");
        expect(error.message).to.match(/ECONNREFUSED|connection refused/);
        await tested().restart();
        const topic = newTopic();
        const { link, hears } = await listen(test, topic);
        await link.publish(topic, "back");
        await hears("back");
    });

    it("rejects for a peer that is mute, and keeps no socket", async () => {
        const mute = await Relay.start();
        const error = await refused(tested().engine({ port: mute.port, timeout: MUTE_MS }));
        expect(error).to.have.property("code", "ERR_CLUSTER_DEGRADED");
        await mute.empty();
    });

    it("rejects while the broker is frozen", async () => {
        await freeze();
        expect(await refused(tested().engine({ timeout: MUTE_MS }))).to.have.property("code", "ERR_CLUSTER_DEGRADED");
    });

    it("rejects for a wrong password, which the error does not contain, nor a URL", async () => {
        const error = await refused(tested().engine({ password: "wrong-Passw0rd" }));
        expect(error).to.have.property("code", "ERR_CLUSTER_DEGRADED");
        expect(error.message).to.match(/WRONGPASS|Authorization Violation/);
        expect(inspect(error, { depth: Infinity, showHidden: true })).to.not.match(/wrong-Passw0rd|redis:\/\//);
    });

    it("lets the process exit after close(), and after an attempt that fails", async () => {
        const mute = await Relay.start();
        const output = await run(`
            const connect = (engine) => engine.connect(["sockhop.exit.all"], () => {}, () => console.log("lost"));
            connect(${tested().source()})
                .then(async (link) => {
                    await link.publish("sockhop.exit.all", "hello");
                    await link.close();
                    await connect(${tested().source({ port: mute.port, timeout: MUTE_MS })}).catch((error) => console.log(error.code));
                });
        `);
        expect(output).to.equal("ERR_CLUSTER_DEGRADED\n");
    });
}

/** Runs a program of JavaScript. Returns what it prints before it exits without having been told to. */
async function run(code: string): Promise<string> {
    return new Promise((resolve, reject) => {
        const args = ["--require", join(__dirname, "../support/register.js"), "--eval", code];
        const options = {
            cwd: join(__dirname, "../.."),
            timeout: 50_000,
            env: { ...process.env, NODE_V8_COVERAGE: "" },
        };
        execFile(process.execPath, args, options, (error, stdout, stderr) => {
            if (error) reject(new Error(`It has not ended by itself: ${error.message}\n${stderr}`));
            else resolve(stdout);
        });
    });
}
