import { expect } from "chai";
import { once } from "node:events";
import { SockhopSession } from "../../../src";
import { until } from "../../support/eventLoop";
import { valuesOf } from "../../support/events";
import { announced, client, crowd, pair, placeOf, rejection, server } from "../../support/pair";
import { odd } from "../../support/states";

describe("sendall() with except", () => {
    it("leaves out a session, a socket, or an array of them", async () => {
        const { s, clients } = await crowd(3);
        const values = clients.map(valuesOf);
        const [first, second] = s.sessions;
        expect(await s.sendall("1", { except: first! })).to.have.length(2);
        expect(await s.sendall("2", { except: second!.sock })).to.have.length(2);
        expect(await s.sendall("3", { except: [first!, second!.sock] })).to.have.length(1);
        expect(await s.sendall("4", { except: [] })).to.have.length(3);
        expect(await s.sendall("5", { except: s.sessions })).to.have.length(0);
        await s.sendall("end");
        await Promise.all(clients.map(async (c, n) => values[n]!.includes("end") || once(c, "receive")));
        expect(values).to.deep.equal([
            ["2", "4", "end"],
            ["1", "4", "end"],
            ["1", "2", "3", "4", "end"],
        ]);
    });

    it("keeps the order in one tick", async () => {
        const { s, clients } = await crowd(2);
        const values = clients.map(valuesOf);
        const except = s.sessions[0]!;
        for (const n of [1, 2, 3, 4]) void s.sendall(n, n % 2 ? { except } : null);
        await s.sendall("end");
        await Promise.all(clients.map(async (c, n) => values[n]!.includes("end") || once(c, "receive")));
        expect(values).to.deep.equal([
            [2, 4, "end"],
            [1, 2, 3, 4, "end"],
        ]);
    });

    it("accepts a session that has disconnected", async () => {
        const { s, socket } = await pair();
        const [session] = s.sessions;
        await s.kill_socket(socket);
        expect(await s.sendall("x", { except: session! })).to.deep.equal([]);
    });

    it("rejects anything else", async () => {
        const { s } = await pair();
        for (const except of [5, "x", {}, [null]]) {
            expect((await rejection(s.sendall("x", { except: odd(except) }))).code).to.equal("ERR_BAD_OPTION");
        }
    });

    it("ignores the second argument of receive, as 1.x does, so that it can be a listener", async () => {
        const { s, c } = await pair();
        s.on("receive", (...args: [unknown, object]) => void s.sendall(...args));
        const types: unknown[] = [];
        c.on("receive", (_: unknown, { type }: { type: string }) => types.push(type));
        for (const type of ["Widget", "", "x".repeat(1024)]) {
            c.socket!.write(`${JSON.stringify({ type, data: {} })}\n`);
        }
        await until(() => types.length === 3);
        expect(types).to.deep.equal(["Object", "Object", "Object"]);
    });

    it("ignores a second argument that is no object, as 1.x does", async () => {
        const { s } = await pair();
        for (const ignored of [() => undefined, 5, "x", null]) {
            expect(await s.sendall("x", odd(ignored))).to.have.length(1);
        }
    });
});

describe("sendall() in end() of a session", () => {
    for (const how of ["kill()", "the end of the client"]) {
        it(`tells the others, and not the one that is ending: ${how}`, async () => {
            const results: unknown[] = [];
            class Visitor extends SockhopSession {
                override async end(): Promise<void> {
                    const sent = this.server.sendall("left");
                    results.push(await sent.catch((error: unknown) => error));
                }
            }
            const s = server({ session_type: Visitor });
            await s.listen();
            const [leaving, staying] = [client(placeOf(s)), client(placeOf(s))];
            const accepted = announced(s, 2);
            await leaving.connect();
            await staying.connect();
            await accepted;
            const values = valuesOf(leaving);
            const told = once(staying, "receive");
            const gone = once(s, "disconnect");
            if (how === "kill()") await s.sessions[0]!.kill();
            else await leaving.disconnect();
            expect((await told)[0]).to.equal("left");
            await gone;
            expect([results, values]).to.deep.equal([[[undefined]], []]);
        });
    }
});
