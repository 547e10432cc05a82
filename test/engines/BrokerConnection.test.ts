import { expect } from "chai";
import { BrokerConnection } from "../../src/engines/BrokerConnection";
import { BrokerErrors } from "../../src/engines/BrokerErrors";
import { fakeTime } from "../support/fakeTime";
import { uncaught } from "../support/rejections";

const never = new Promise<never>(() => undefined);

interface Made {
    connection: BrokerConnection;
    calls: string[];
}

function make(heard?: () => void): Made {
    const calls: string[] = [];
    const owner = {
        heard: (topic: string, text: string): void => {
            calls.push(`${topic} ${text}`);
            heard?.();
        },
        lost: (error: Error): void => {
            calls.push(error.message);
        },
    };
    return { connection: new BrokerConnection(owner, new BrokerErrors("test", [])), calls };
}

async function opened(heard?: () => void): Promise<Made> {
    const made = make(heard);
    await made.connection.open(
        1000,
        () => Promise.resolve("client"),
        (client) => Promise.resolve(`link of ${client}`),
    );
    return made;
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
    return promise.then(
        () => "resolved",
        (error: unknown) => (error as Error).message,
    );
}

describe("BrokerConnection", () => {
    it("hears nothing before it is open and after its end", async () => {
        const { connection, calls } = make();
        connection.hear("a", "early");
        await connection.open(
            1000,
            () => Promise.resolve(1),
            () => Promise.resolve(2),
        );
        connection.hear("a", "in time");
        await connection.close();
        connection.hear("a", "late");
        connection.lose("late");
        expect(calls).to.deep.equal(["a in time"]);
    });

    it("is lost once, and rejects all that is pending, and all later", async () => {
        const { connection, calls } = await opened();
        const pending = [messageOf(connection.settle(never)), messageOf(connection.settle(never))];
        connection.lose(new Error("first"));
        connection.lose(new Error("second"));
        expect(await Promise.all(pending)).to.deep.equal(["test: first", "test: first"]);
        expect(await messageOf(connection.settle(Promise.reject(new Error("x"))))).to.equal("test: first");
        expect(calls).to.deep.equal(["test: first"]);
    });

    it("runs each cleanup once, the last one first, and ignores its failure; late ones at once", async () => {
        const { connection } = await opened();
        const ran: number[] = [];
        connection.onEnd(() => ran.push(1));
        connection.onEnd(() => {
            ran.push(2);
            connection.lose("again");
            throw new Error("ended already");
        });
        connection.onEnd(() => {
            ran.push(3);
            return Promise.reject(new Error("ended already"));
        });
        await connection.close();
        await connection.close();
        expect(ran).to.deep.equal([3, 2, 1]);
        connection.onEnd(() => ran.push(4));
        expect(ran).to.deep.equal([3, 2, 1, 4]);
    });

    it("rejects an attempt without a call of lost: a failure, an end in between, and each time limit", async () => {
        const clock = fakeTime();
        const fine = (): Promise<number> => Promise.resolve(1);
        const fails = (): Promise<never> => Promise.reject(new Error("no"));
        const { connection: first, calls } = make();
        expect(await messageOf(first.open(1000, fails, fine))).to.equal("test: no");
        const { connection: second } = make();
        expect(await messageOf(second.open(1000, fine, fails))).to.equal("test: no");
        for (const [create, use] of [
            [(): Promise<number> => never, fine],
            [fine, (): Promise<number> => never],
        ] as const) {
            const { connection } = make();
            const attempt = messageOf(connection.open(1000, create, use));
            await clock.tickAsync(1000);
            expect(await attempt).to.equal("test: no connection within 1000 ms");
            expect(connection.hasEnded).to.equal(true);
        }
        const { connection: third } = make();
        const attempt = messageOf(
            third.open(1000, fine, () => {
                third.lose("gone");
                return Promise.resolve(1);
            }),
        );
        expect(await attempt).to.equal("test: gone");
        expect(clock.countTimers()).to.equal(0);
        expect(calls).to.deep.equal([]);
    });

    it("throws an exception of its owner later", async () => {
        const { connection, calls } = await opened(() => {
            throw new Error("of the owner");
        });
        const thrown = uncaught();
        connection.hear("a", "1");
        expect((await thrown).message).to.equal("of the owner");
        expect(calls).to.deep.equal(["a 1"]);
    });
});
