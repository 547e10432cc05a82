import { expect } from "chai";
import { type ServerOptions, type SockhopClient, type SockhopServer, type SockhopError, memory_engine } from "../../../src";
import { until } from "../../support/eventLoop";
import { client, placeOf, server } from "../../support/pair";

/** Starts servers of one cluster, each with one client that records what it receives. */
async function cluster(options: ServerOptions[], more: ServerOptions = {}) {
    const engine = memory_engine();
    const servers: SockhopServer[] = [];
    const clients: SockhopClient[] = [];
    const received: [unknown, string][][] = [];
    for (const each of options) {
        const s = server({ cluster: engine, ...more, ...each });
        await s.listen();
        const { port: _, cluster: __, ...clientOptions } = { ...more, ...each };
        const c = client({ ...clientOptions, ...placeOf(s) } as object);
        const values: [unknown, string][] = [];
        c.on("receive", (value, { type }) => values.push([value, type]));
        await c.connect();
        servers.push(s);
        clients.push(c);
        received.push(values);
    }
    await until(() => servers.every((s) => s.cluster!.members.length === servers.length && s.sessions.length === 1));
    return { servers, clients, received };
}

class Widget {
    constructor(readonly name: string) {}
}

describe("Three servers of a cluster", () => {
    it("send to the clients of all, with the type, in order", async () => {
        const { servers, received } = await cluster([{}, {}, {}]);
        const sent = await Promise.all([
            servers[0]!.sendall(new Widget("a")),
            servers[0]!.sendall({ n: 1 }, { type: "Number" }),
            servers[0]!.sendall({ n: 2 }),
        ]);
        expect(sent).to.deep.equal([[undefined], [undefined], [undefined]]);
        const expected = [
            [{ name: "a" }, "Widget"],
            [{ n: 1 }, "Number"],
            [{ n: 2 }, "Object"],
        ];
        await until(() => received.every(({ length }) => length === 3));
        expect(received).to.deep.equal([expected, expected, expected]);
    });

    it("send to their own clients only with local", async () => {
        const { servers, received } = await cluster([{}, {}, {}]);
        await servers[1]!.sendall("local", { local: true });
        await servers[1]!.sendall("all");
        await until(() => received.every((values) => values.some(([value]) => value === "all")));
        expect(received.map((values) => values.map(([value]) => value))).to.deep.equal([["all"], ["local", "all"], ["all"]]);
        expect(servers[1]!.cluster!.stats.messages_sent).to.equal(1);
    });

    it("send to the members of a group, wherever they are, and to nobody twice", async () => {
        const { servers, received } = await cluster([{}, {}, {}]);
        for (const s of [servers[0]!, servers[2]!]) await s.sessions[0]!.join("lobby");
        expect(await servers[1]!.group("lobby").sendall("to the lobby")).to.deep.equal([]);
        expect(await servers[0]!.group("lobby").sendall("again")).to.deep.equal([undefined]);
        await servers[1]!.sendall("to all");
        await until(() => received.every((values) => values.some(([value]) => value === "to all")));
        expect(received.map((values) => values.map(([value]) => value).sort())).to.deep.equal([
            ["again", "to all", "to the lobby"],
            ["to all"],
            ["again", "to all", "to the lobby"],
        ]);
    });

    it("leave out the clients of except, which are all on one server", async () => {
        const { servers, received } = await cluster([{}, {}, {}]);
        const [s] = servers;
        expect(await s!.sendall("others", { except: s!.sessions })).to.deep.equal([]);
        await s!.sendall("all");
        await until(() => received.every((values) => values.some(([value]) => value === "all")));
        expect(received.map(({ length }) => length)).to.deep.equal([1, 2, 2]);
    });

    it("know each other, with the number of clients", async () => {
        const { servers, clients } = await cluster([{}, {}, {}], { cluster: undefined });
        void clients;
        expect(servers.map((s) => s.cluster)).to.deep.equal([undefined, undefined, undefined]);
    });
});
void (0 as unknown as SockhopError);
