import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import type net from "node:net";
import { SockhopClient, SockhopServer, type SockhopSession } from "../../../src";
import { turns, until } from "../../support/eventLoop";
import { pair } from "../../support/pair";

const CLIENTS = 4;
const NAMES = ["a", "b", "__proto__"];
const BINARY = { codec: "binary" } as const;

const who = fc.nat({ max: CLIENTS - 1 });
const name = fc.constantFrom(...NAMES);

/** Steps of a server. `at` are indexes of sessions. */
const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("join" as const), at: who, name }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), at: who, name }) },
    {
        weight: 6,
        arbitrary: fc.record({
            kind: fc.constant("group" as const),
            name,
            except: fc.option(who),
            size: fc.constantFrom(1, 1, 9000, 70_000),
        }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("all" as const), size: fc.constantFrom(1, 20_000) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), at: who }) },
    {
        weight: 1,
        arbitrary: fc.record({
            kind: fc.constant("end" as const),
            at: who,
            how: fc.constantFrom("kill", "destroy" as const),
        }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A server with clients of both codecs, in the order of its sessions. */
interface Scene {
    s: SockhopServer;
    clients: SockhopClient[];
    sessions: SockhopSession[];
    values: unknown[][];
}

async function open(): Promise<Scene> {
    const s = new SockhopServer({ port: 0, ...BINARY });
    await s.listen();
    const scene: Scene = { s, clients: [], sessions: [], values: [] };
    for (let n = 0; n < CLIENTS; n++) {
        const c = new SockhopClient({ port: s.get_bound_port()!, ...(n % 2 ? BINARY : {}) });
        const accepted = once(s, "connect");
        await c.connect();
        const [, session] = (await accepted) as [net.Socket, SockhopSession];
        const received: unknown[] = [];
        c.on("receive", ({ n: number }: { n: number }) => received.push(number));
        scene.clients.push(c);
        scene.sessions.push(session);
        scene.values.push(received);
    }
    return scene;
}

describe("groups, compared with a model", () => {
    it("send each value once to those that are members, in order", async function () {
        this.timeout(60_000);
        await fc.assert(
            fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
                const scene = await open();
                try {
                    await run(scene, steps);
                } finally {
                    await Promise.all([scene.s.close({ timeout: 0 }), ...scene.clients.map((c) => c.disconnect())]);
                }
            }),
            { numRuns: 15 },
        );
    });

    it("settles each call", async () => {
        const { s } = await pair();
        await s.sessions[0]!.join("a");
        const sent = Array.from({ length: 20 }, (_, n) => (n % 2 ? s.sendall(n) : s.group("a").sendall(n)));
        expect(await Promise.all(sent)).to.deep.equal(Array(20).fill([undefined]));
    });
});

async function run({ s, sessions, values }: Scene, steps: Step[]): Promise<void> {
    const members = new Map<string, Set<number>>(NAMES.map((group) => [group, new Set()]));
    const open = new Set(sessions.keys());
    const expected: number[][] = sessions.map(() => []);
    /** Clients whose last values may be lost. */
    const destroyed = new Set<number>();
    const promises: Promise<unknown>[] = [];
    let number = 0;

    const send = (to: number[], sent: Promise<undefined[]>): void => {
        for (const at of to) expected[at]!.push(number);
        number += 1;
        promises.push(
            sent.then(
                (results) => expect(results).to.have.length(to.length),
                () => expect(destroyed.size).to.be.greaterThan(0),
            ),
        );
    };

    for (const action of steps) {
        switch (action.kind) {
            case "join": {
                const joined = sessions[action.at]!.join(action.name);
                if (open.has(action.at)) members.get(action.name)!.add(action.at);
                promises.push(
                    joined.catch((error: unknown) => expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED")),
                );
                break;
            }
            case "leave":
                promises.push(sessions[action.at]!.leave(action.name));
                members.get(action.name)!.delete(action.at);
                break;
            case "group": {
                const to = [...members.get(action.name)!].filter((at) => at !== action.except);
                const value = { n: number, text: "x".repeat(action.size) };
                const options = action.except === null ? null : { except: sessions[action.except]! };
                send(to, s.group(action.name).sendall(value, options));
                break;
            }
            case "all":
                send([...open], s.sendall({ n: number, text: "x".repeat(action.size) }));
                break;
            case "send":
                if (open.has(action.at))
                    send(
                        [action.at],
                        sessions[action.at]!.send({ n: number }).then(() => [undefined]),
                    );
                break;
            case "end":
                if (action.how === "destroy") {
                    sessions[action.at]!.sock.destroy();
                    destroyed.add(action.at);
                } else promises.push(sessions[action.at]!.kill());
                open.delete(action.at);
                for (const group of members.values()) group.delete(action.at);
                break;
            case "wait":
                await turns(2);
        }
        for (const group of NAMES) {
            const here = s.group(group).sessions.filter(({ sock }) => !sock.destroyed);
            expect(here).to.deep.equal([...members.get(group)!].map((at) => sessions[at]));
        }
    }
    await Promise.all(promises);
    await until(() => [...open].every((at) => values[at]!.length >= expected[at]!.length));
    for (const [at, numbers] of expected.entries()) {
        // What was on its way to a client that has ended may be lost, but nothing between.
        const wanted = open.has(at) ? numbers : numbers.slice(0, values[at]!.length);
        expect(values[at]).to.deep.equal(wanted);
    }
}
