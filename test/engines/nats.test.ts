import { expect } from "chai";
import { PassThrough } from "node:stream";
import { type NatsClient, nats_engine } from "../../src/engines/nats";
import type { Coded } from "../support/events";

const nothing = (): undefined => undefined;

type Callback = Parameters<NatsClient["subscribe"]>[1]["callback"];

/** Connection without a network: hears what it publishes, and answers when it is told to. */
class FakeClient implements NatsClient {
    readonly info = { max_payload: 100 };
    readonly calls: string[] = [];
    readonly flushes: (() => void)[] = [];
    answersAtOnce = true;
    refusal: Error | null = null;
    end!: (error?: Error) => void;
    readonly #closed = new Promise<Error | undefined>((resolve) => (this.end = resolve));
    readonly #status = new PassThrough({ objectMode: true });
    readonly #callbacks = new Map<string, Callback>();

    subscribe(topic: string, { callback }: { callback: Callback }): void {
        this.calls.push(`subscribe ${topic}`);
        if (this.refusal) callback(this.refusal, {} as never);
        this.#callbacks.set(topic, callback);
    }

    publish(topic: string, text: string): void {
        this.calls.push(`publish ${text}`);
        this.#callbacks.get(topic)?.(null, { subject: topic, data: Buffer.from(text) });
    }

    flush(): Promise<void> {
        this.calls.push("flush");
        return new Promise((resolve) => {
            if (this.answersAtOnce) resolve();
            else this.flushes.push(resolve);
        });
    }

    status(): AsyncIterable<{ type: string }> {
        return this.#status;
    }

    report(status: object): void {
        this.#status.write(status);
    }

    closed(): Promise<unknown> {
        return this.#closed;
    }

    close(): Promise<void> {
        this.calls.push("close");
        this.#status.end();
        this.end();
        return Promise.resolve();
    }
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
    return promise.then(
        () => "taken",
        (error: unknown) => (error as Coded).code,
    );
}

describe("nats_engine()", () => {
    it("acknowledges all messages of a tick with one flush", async () => {
        const client = new FakeClient();
        const heard: string[] = [];
        const link = await nats_engine({ client: () => client }).connect(
            ["a", "b"],
            (topic, text) => heard.push(topic + text),
            nothing,
        );
        await Promise.all([link.publish("a", "1"), link.publish("b", "2"), link.publish("c", "3")]);
        await link.publish("a", "4");
        await link.close();
        expect(heard).to.deep.equal(["a1", "b2", "a4"]);
        expect(client.calls).to.deep.equal([
            ...["subscribe a", "subscribe b", "flush"],
            ...["publish 1", "publish 2", "publish 3", "flush", "publish 4", "flush", "close"],
        ]);
    });

    it("has the limit of the server", async () => {
        const link = await nats_engine({ client: () => new FakeClient() }).connect(["a"], nothing, nothing);
        expect(link.limit).to.equal(100);
        expect(await codeOf(link.publish("a", "x".repeat(100)))).to.equal("taken");
        expect(await codeOf(link.publish("a", `${"x".repeat(99)}é`))).to.equal("ERR_MESSAGE_TOO_LARGE");
        await link.close();
    });

    it("rejects what the server refuses, also if it acknowledges at the same time", async () => {
        const client = new FakeClient();
        const link = await nats_engine({ client: () => client }).connect(["a"], nothing, nothing);
        client.answersAtOnce = false;
        const refused = codeOf(link.publish("a", "1"));
        await new Promise(setImmediate);
        client.report({ type: "error", error: Object.assign(new Error("Permissions"), { operation: "publish" }) });
        client.flushes.pop()!();
        expect(await refused).to.equal("ERR_CLUSTER_DEGRADED");
        client.answersAtOnce = true;
        client.report({ type: "update" });
        expect(await codeOf(link.publish("a", "2"))).to.equal("taken");
        await link.close();
    });

    it("rejects if it must not subscribe, and closes its connection", async () => {
        const client = new FakeClient();
        client.refusal = new Error("Permissions Violation for Subscription");
        const connecting = nats_engine({ client: () => client }).connect(["a"], nothing, nothing);
        expect(await codeOf(connecting)).to.equal("ERR_CLUSTER_DEGRADED");
        expect(client.calls.at(-1)).to.equal("close");
    });

    it("is lost once when the connection ends, with its error, and rejects what is pending", async () => {
        for (const [error, message] of [
            [undefined, "nats: the connection has ended"],
            [new Error("Slow Consumer"), "nats: Slow Consumer"],
        ] as const) {
            const client = new FakeClient();
            const losses: string[] = [];
            const link = await nats_engine({ client: () => client }).connect(["a"], nothing, (reason) => {
                losses.push(reason.message);
            });
            client.answersAtOnce = false;
            const pending = codeOf(link.publish("a", "1"));
            client.end(error);
            expect(await pending).to.equal("ERR_CLUSTER_DEGRADED");
            expect(losses).to.deep.equal([message]);
            await link.close();
        }
    });

    it("is lost when the server does not answer pings", async () => {
        const client = new FakeClient();
        const lost = new Promise<Error>((resolve) => {
            void nats_engine({ client: () => client })
                .connect(["a"], nothing, resolve)
                .then(() => client.report({ type: "staleConnection" }));
        });
        expect((await lost).message).to.equal("nats: the server does not answer pings");
    });

    it("throws ERR_BAD_OPTION for options that are none", () => {
        expect(() => nats_engine("me:secret@host" as unknown as object))
            .to.throw("nats_engine() takes an object of options")
            .that.has.property("code", "ERR_BAD_OPTION");
    });
});
