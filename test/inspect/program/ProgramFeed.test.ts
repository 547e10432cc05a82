import { expect } from "chai";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { SockhopSession, memory_engine } from "../../../src";
import { Hub } from "../../../src/inspect/hub/Hub";
import { ProgramFeed } from "../../../src/inspect/program/ProgramFeed";
import type { LiveEndpoint } from "../../../src/inspect/program/endpoints";
import type { Update } from "../../../src/inspect/protocol";
import { client, later, pair, server } from "../../support/pair";
import { turns } from "../../support/eventLoop";

class Visitor extends SockhopSession {}

/** A feed that has started, and its last state. */
function feed(): { hub: Hub; feed: ProgramFeed; state: () => Update } {
    const hub = new Hub({ version: "1", form: "program", title: "x", canSend: false });
    const created = new ProgramFeed(hub);
    later(() => created.close());
    const state = (): Update => {
        let last: Update | undefined;
        const watcher = { onUpdate: (json: string) => void (last = JSON.parse(json) as Update) };
        hub.watch(watcher);
        hub.unwatch(watcher);
        return last!;
    };
    return { hub, feed: created, state };
}

describe("ProgramFeed", () => {
    it("subscribes while it is started", () => {
        const { feed: own } = feed();
        const names = ["inspect", "error", "interrupt"];
        const has = (): boolean[] => names.map((name) => channel(`sockhop:${name}`).hasSubscribers);
        expect(has()).to.deep.equal([false, false, false]);
        own.start();
        own.start();
        expect(has()).to.deep.equal([true, true, true]);
        own.stop();
        own.stop();
        expect(has()).to.deep.equal([false, false, false]);
    });

    it("notices clients and servers until it is closed", () => {
        const has = (): boolean => channel("sockhop:connect").hasSubscribers;
        expect(has()).to.equal(false);
        const { feed: own } = feed();
        own.start();
        own.stop();
        expect(has()).to.equal(true);
        own.close();
        own.close();
        expect(has()).to.equal(false);
    });

    it("reads connections from before, with their counters, and forgets them at the end", async () => {
        const { feed: own, state } = feed();
        const { s, c } = await pair({ session_type: Visitor });
        s.on("receive", (_, { callback }) => callback?.("reply"));
        await new Promise((resolve) => void c.send("call", resolve));
        own.start();
        const { connections = [], totals } = state();
        expect(totals.open).to.equal(2);
        const ofServer = connections.find(({ role }) => role === "server");
        const ofClient = connections.find(({ role }) => role === "client");
        expect(ofServer).to.include({ session: "Visitor", state: "open", codec: "json", pending: 0 });
        expect(ofServer?.endpoint).to.equal(`127.0.0.1:${s.get_bound_port()}`);
        expect(ofClient?.peer).to.equal(`127.0.0.1:${s.get_bound_port()}`);
        for (const row of [ofServer!, ofClient!]) {
            expect(row.messages).to.deep.equal([1, 1]);
            expect(row.bytes[0]).to.equal(c.stats.bytes_sent);
        }
        await Promise.all([once(s, "disconnect"), c.disconnect()]);
        const after = state();
        expect(after.totals.open).to.equal(0);
        expect(after.connections?.map(({ state: each, reason }) => [each, reason])).to.have.deep.members([
            ["closed", "CLOSED"],
            ["closed", "PEER_ENDED"],
        ]);
        own.stop();
        expect(state()).to.not.have.any.keys("connections");
    });

    it("has the messages of both ends, with their values and the times of replies", async () => {
        const { feed: own, state } = feed();
        const { s, c } = await pair({ terminator: "END" });
        s.on("request", (_, response) => response.send("done"));
        own.start();
        await c.ask({ q: 1 });
        const { messages = [] } = state();
        const [ofClient, ofServer] = [...new Set(messages.map(({ connection }) => connection))].map((id) =>
            messages.filter(({ connection }) => connection === id),
        );
        for (const of of [ofClient!, ofServer!]) {
            expect(of.map(({ from, kind, type, data }) => [from, kind, type, data])).to.deep.equal([
                ["client", "request", "Object", { q: 1 }],
                ["server", "response", "String", "done"],
            ]);
            expect(of[1]?.took).to.be.a("number");
        }
    });

    it("does not parse long lines", async () => {
        const { feed: own, state } = feed();
        const { s, c } = await pair();
        own.start();
        const received = once(s, "receive");
        await c.send("x".repeat(300_000));
        await received;
        const { messages = [] } = state();
        expect(messages.map(({ kind, bytes }) => [kind, bytes > 300_000])).to.deep.equal([
            ["message", true],
            ["message", true],
        ]);
        expect(messages[0]).to.not.have.property("data");
        expect(messages[0]?.text).to.match(/^\{"type":"String","data":"xxx/);
    });

    it("shows the first digits of a token at the start of a long line", async () => {
        const { feed: own, state } = feed();
        const { s } = await pair();
        own.start();
        const [connection] = (s as unknown as LiveEndpoint)._connections!;
        const line = `{"data":{"hello":{"resume":{"token":"9a0c64f6f3be2a15d07e88c1b2493e6d"}}}}${" ".repeat(300_000)}`;
        channel("sockhop:inspect").publish({ connection, isSent: false, content: line });
        const { messages = [] } = state();
        expect(messages[0]?.text).to.match(/^\{"data":\{"hello":\{"resume":\{"token":"9a0c64f6…"\}/);
    });

    it("has the errors of both ends, with their connection", async () => {
        const { feed: own, state } = feed();
        const { s, c } = await pair();
        s.on("error", () => undefined);
        own.start();
        const failed = once(s, "error");
        c.socket!.write("no JSON\n");
        await failed;
        const { problems = [], connections = [] } = state();
        expect(problems).to.have.length(1);
        expect(problems[0]).to.include({ code: "ERR_OBJECTBUFFER_BAD_BUFFER_DATA" });
        expect(problems[0]?.text).to.match(/not JSON/);
        expect(connections.find(({ id }) => id === problems[0]?.connection)?.role).to.equal("server");
    });

    it("shows interruptions and resumes", async () => {
        const { feed: own, state } = feed();
        const { s, c } = await pair({ resume: true });
        await c.flush();
        own.start();
        const resumed = once(c, "resumed");
        for (const socket of s.sockets) socket.destroy();
        await resumed;
        await turns(3);
        const { problems = [], connections = [] } = state();
        expect(problems.map(({ code }) => code)).to.include("interrupted");
        expect(connections.map(({ resumes }) => resumes)).to.deep.equal([1, 1]);
        expect(connections.map((row) => row.state)).to.deep.equal(["open", "open"]);
    });

    it("shows the groups of a connection, and the servers of a cluster", async () => {
        const { feed: own, state } = feed();
        const { s } = await pair({ cluster: memory_engine() });
        for (const session of s.sessions) await session.join("room");
        own.start();
        const { connections = [], members = [] } = state();
        expect(connections.find(({ role }) => role === "server")?.groups).to.deep.equal(["room"]);
        const [text] = members;
        expect(members).to.have.length(1);
        expect(text).to.match(/^[\w-]{1,8} \(this server, joined\)$/);
    });

    it("does not keep endpoints alive, and survives a server that does not listen any more", async () => {
        const { feed: own, state } = feed();
        const s = server();
        await s.listen();
        const c = client({ port: s.get_bound_port() });
        const accepted = once(s, "connect");
        await c.connect();
        await accepted;
        s.server.close();
        own.start();
        expect(state().connections).to.have.length(2);
    });
});
