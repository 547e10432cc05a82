import { expect } from "chai";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Page } from "playwright-core";
import type * as Library from "../../src";
import type * as Entry from "../../src/inspect/entry";
import { environment, start } from "../cli/command";
import { later } from "../support/pair";
import { usePages, message, shownMessages } from "./Pages";

/* eslint-disable @typescript-eslint/no-require-imports -- the built files, as programs use them */
const Sockhop = require("../../dist/index.js") as typeof Library;
const { inspect } = require("../../dist/inspect.js") as typeof Entry;

class Visitor extends Sockhop.session {}

/** True while messages are published for the inspector. */
const isWatched = (): boolean => channel("sockhop:inspect").hasSubscribers;

/** A server with sessions, and a client. */
async function pair(): Promise<{ s: Library.SockhopServer; c: Library.SockhopClient }> {
    const s = new Sockhop.server({ port: 0, session_type: Visitor as never });
    later(() => s.close());
    await s.listen();
    const c = new Sockhop.client({ port: s.get_bound_port()! });
    later(() => c.disconnect());
    return { s: s, c };
}

describe("inspect() of a program", () => {
    const pages = usePages();

    /** Texts of the connections: number, peer, state and session. */
    const rows = async (page: Page): Promise<string[][]> =>
        (await page.locator(".connections-body tbody tr").all()).length === 0
            ? []
            : page
                  .locator(".connections-body tbody tr")
                  .evaluateAll((all) =>
                      all.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent)),
                  );

    it("shows its connections at both ends, also those from before, and costs nothing without a page", async () => {
        const inspection = await inspect({ title: "my program" });
        later(() => inspection.close());
        const { s, c } = await pair();
        s.on("request", (_, response) => response.send("done"));
        s.on("error", () => undefined);
        await c.connect();
        await c.ask("before");
        expect(isWatched()).to.equal(false);
        const page = await pages().show(inspection.url!);
        expect(isWatched()).to.equal(true);
        expect(inspection.pages).to.equal(1);
        expect(await page.title()).to.equal("my program – sockhop inspect");
        await page.waitForFunction(() => document.querySelectorAll(".connections-body tbody tr").length === 2);
        const [first, second] = await rows(page);
        expect([first![1], second![1]].map((text) => text!.split(" ")[0])).to.have.members(["to", "from"]);
        expect([first![12], second![12]]).to.have.members(["Visitor", "–"]);
        expect([first, second].map((row) => row!.slice(4, 6))).to.deep.equal([
            ["1", "1"],
            ["1", "1"],
        ]);
        await c.ask({ q: 1 });
        await page.waitForFunction(() => document.querySelectorAll(".row").length === 4);
        const shown = await shownMessages(page);
        expect(shown).to.have.members([
            ...Array<string>(2).fill('→ request Object {"q":1}'),
            ...Array<string>(2).fill('← response String "done"'),
        ]);
        await page.locator("[data-chart=delay]").waitFor();
        for (const socket of s.sockets) socket.write("no JSON\n");
        await page.locator(".problems-list li", { hasText: "ERR_OBJECTBUFFER_BAD_BUFFER_DATA" }).waitFor();
        await c.disconnect();
        await page.locator(".connections-body tbody tr.closed").nth(1).waitFor();
        await page.context().close();
        await inspection.close();
        expect(isWatched()).to.equal(false);
    });

    it("shows messages of the codec for bytes", async () => {
        const inspection = await inspect();
        later(() => inspection.close());
        const s = new Sockhop.server({ port: 0, codec: "binary" });
        later(() => s.close());
        await s.listen();
        const c = new Sockhop.client({ port: s.get_bound_port()!, codec: "binary" });
        later(() => c.disconnect());
        await c.connect();
        const page = await pages().show(inspection.url!);
        await c.flush();
        await c.send({ when: new Date(0) });
        await message(page, '{"when":{"$date":"1970-01-01T00:00:00.000Z"}}');
        await page.locator(".connections-body tr", { hasText: "binary" }).first().waitFor();
    });

    it("is shown by sockhop inspect --from, by name and by URL", async () => {
        const { XDG_RUNTIME_DIR } = process.env;
        process.env["XDG_RUNTIME_DIR"] = environment()["XDG_RUNTIME_DIR"];
        later(() => {
            if (XDG_RUNTIME_DIR === undefined) delete process.env["XDG_RUNTIME_DIR"];
            else process.env["XDG_RUNTIME_DIR"] = XDG_RUNTIME_DIR;
        });
        pages().expectErrors(/net::ERR_/); // the stream ends
        for (const options of [{ name: "inspected" }, { port: 0 }]) {
            const inspection = await inspect(options);
            const { s, c } = await pair();
            const accepted = once(s, "connect");
            await c.connect();
            await accepted;
            const command = start("inspect", "--from", inspection.url ?? "inspected");
            const page = await pages().show(await command.line());
            await page.waitForFunction(() => document.querySelectorAll(".connections-body tbody tr").length >= 2);
            await s.sendall({ news: true });
            await message(page, '{"news":true}');
            await inspection.close();
            await page.locator(".state[data-state=lost]").waitFor();
            await page.context().close();
            expect(await command.interrupt()).to.include({ code: 0 });
        }
        const missing = await start("inspect", "--from", "nobody").result();
        expect(missing.stderr).to.match(/^sockhop: no socket at nobody/);
        expect(missing.code).to.equal(1);
        const wrong = await start("inspect", "--from", "http://example.com/x/").result();
        expect(wrong.code).to.equal(2);
    });
});
