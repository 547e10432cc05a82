import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { plain } from "../cli/command";
import { until } from "../support/eventLoop";
import { client, later, server, socketPath } from "../support/pair";
import { usePages, inspected, message, shownMessages } from "./Pages";

class Widget {
    readonly color = "red";
}

class Order {
    constructor(readonly item: string) {}
}

/** Line of a recording with these members. */
function ofMessage(members: object): string {
    const row = { time: new Date(0).toISOString(), connection: 1, from: "client", kind: "message", bytes: 1 };
    return JSON.stringify({ ...row, ...members });
}

describe("sockhop inspect", () => {
    const pages = usePages();

    it("shows clients that come and go, and the messages of both ends", async () => {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.([value]));
        s.on("request", (_, response) => response.send("done"));
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const rows = page.locator(".connections-body tbody tr");
        expect(await rows.count()).to.equal(0);
        const c = client({ port });
        await c.connect();
        await rows.filter({ hasText: "open" }).waitFor();
        await c.send(new Widget());
        await new Promise((resolve) => void c.send("q", resolve));
        await c.ask(new Order("bolt"));
        await message(page, '"done"');
        expect(await shownMessages(page)).to.deep.equal([
            '→ message Widget {"color":"red"}',
            '→ call String "q"',
            '← reply Array ["q"]',
            '→ request Order {"item":"bolt"}',
            '← response String "done"',
        ]);
        const replies = await page.locator(".row .took").allInnerTexts();
        expect(replies.filter((text) => / m?s$/.test(text))).to.have.length(2);
        await c.disconnect();
        await rows.filter({ hasText: "closed" }).waitFor();
        const cells = await rows.first().locator("td").allInnerTexts();
        expect(cells.slice(0, 1)).to.deep.equal(["#1"]);
        expect(cells.slice(4, 6)).to.deep.equal(["3", "2"]);
        await page.locator(".totals", { hasText: /^0 of 1 connections open · 5 messages/ }).waitFor();
    });

    it("filters by text, type, connection, direction and kind, and shows all again", async () => {
        const s = server();
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const [first, second] = [client({ port }), client({ port })];
        await first.connect();
        await first.send(new Widget());
        await message(page, "red");
        await second.connect();
        await second.send(new Order("nut"));
        await message(page, "nut");
        await until(() => s.sessions.length === 2);
        await s.sendall({ news: 1 });
        await page.waitForFunction(() => document.querySelectorAll(".row").length === 4);
        const shown = async (count: number): Promise<string[]> => {
            await page.waitForFunction((n) => document.querySelectorAll(".row").length === n, count);
            return shownMessages(page);
        };
        await page.keyboard.press("/");
        await page.keyboard.type("NUT");
        expect(await shown(1)).to.deep.equal(['→ message Order {"item":"nut"}']);
        await page.getByLabel("Text in the message").fill("");
        await page.locator(".filters").getByLabel("Type", { exact: true }).fill("Widget");
        expect(await shown(1)).to.deep.equal(['→ message Widget {"color":"red"}']);
        await page.locator(".filters").getByLabel("Type", { exact: true }).fill("");
        await page.getByLabel("Direction").selectOption("server");
        expect(await shown(2)).to.deep.equal(Array(2).fill('← message Object {"news":1}'));
        await page.getByLabel("Direction").selectOption("");
        await page.locator(".filters").getByLabel("Kind").selectOption("requests");
        expect(await shown(0)).to.deep.equal([]);
        await page.locator(".empty", { hasText: "No message matches the filter." }).waitFor();
        await page.locator(".filters").getByLabel("Kind").selectOption("");
        await page.locator(".connections-body tbody tr", { hasText: "#2" }).click();
        expect(await shown(2)).to.deep.equal(['→ message Order {"item":"nut"}', '← message Object {"news":1}']);
        await page.locator(".selected", { hasText: "Connection #2" }).waitFor();
        await page.getByRole("button", { name: "Show all connections" }).click();
        await shown(4);
    });

    it("pauses, counts what arrives meanwhile, and continues", async () => {
        const s = server();
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const c = client({ port });
        await c.connect();
        await c.send("before");
        await message(page, "before");
        await page.keyboard.press("p");
        await c.send("during");
        await page.locator(".list-note", { hasText: "paused, 1 new" }).waitFor();
        expect(await shownMessages(page)).to.deep.equal(['→ message String "before"']);
        await page.getByRole("button", { name: "Continue" }).click();
        await message(page, "during");
    });

    it("follows new messages until the reader scrolls up", async () => {
        const s = server();
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const c = client({ port });
        await c.connect();
        for (let n = 0; n < 200; n++) await c.send({ n });
        await message(page, '{"n":199}');
        await page.locator(".scroller").evaluate((element) => (element.scrollTop = 0));
        await page.locator("button[aria-pressed=false]", { hasText: "Follow" }).waitFor();
        await message(page, '{"n":0}');
        await c.send({ n: 200 });
        await page.locator(".list-note", { hasText: "201 shown" }).waitFor();
        await message(page, '{"n":0}');
        await page.keyboard.press("f");
        await message(page, '{"n":200}');
    });

    it("shows a message as a tree, with its reply beside it, by mouse and keyboard", async () => {
        const s = server();
        s.on("request", (request, response) =>
            response.send({ got: request.data as object, list: [1, [2, { deep: null }]] }),
        );
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const c = client({ port });
        await c.connect();
        await c.ask(new Order("bolt"));
        await message(page, "response");
        await page.locator(".row", { hasText: "request" }).click();
        const cards = page.locator(".card");
        await cards.nth(1).waitFor();
        const [request, response] = await cards.allInnerTexts();
        expect(request).to.match(/^request\n[^]*Order[^]*client to server[^]*item: "bolt"/);
        expect(response).to.match(/^response \(of the same id\)\n[^]*Took\n[\d.]+ m?s[^]*got:/);
        await cards.nth(1).locator("summary", { hasText: "1:" }).last().click();
        await cards.nth(1).locator(".leaf", { hasText: "deep: null" }).waitFor();
        await page.locator("#messages").focus();
        await page.keyboard.press("ArrowDown");
        await page.locator(".row[aria-selected=true]", { hasText: "response" }).waitFor();
        expect(await page.locator("#messages").getAttribute("aria-activedescendant")).to.match(/^m\d+$/);
        expect(await cards.first().innerText()).to.match(/^request \(of the same id\)/);
        await page.keyboard.press("Escape");
        await page.locator(".detail").waitFor({ state: "hidden" });
    });

    it("draws charts that move, can be zoomed, and can be read by values", async () => {
        const s = server();
        s.on("receive", (_, { callback }) => callback?.("reply"));
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const c = client({ port });
        await c.connect();
        const timer = setInterval(() => void c.send("tick", () => undefined), 20);
        later(() => clearInterval(timer));
        const chart = page.locator("[data-chart=messages]");
        await page.waitForFunction(() => {
            const [, ...rates] = document.querySelectorAll("[data-chart=messages] .u-value");
            return rates.length === 2 && rates.every(({ textContent }) => Number(textContent) > 5);
        });
        const picture = (): Promise<string> =>
            chart.locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
        const before = await picture();
        const axis = page.locator("[aria-pressed=true]", { hasText: "1 min" });
        await axis.waitFor();
        const box = (await chart.locator(".u-over").boundingBox())!;
        await page.mouse.move(box.x + box.width * 0.6, box.y + 20);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.9, box.y + 20, { steps: 5 });
        await page.mouse.up();
        await page.waitForFunction(() => !document.querySelector(".charts-body [aria-pressed=true]"));
        expect(await picture()).to.not.equal(before);
        await chart.locator(".u-over").dblclick();
        await axis.waitFor();
        await chart.focus();
        await page.keyboard.press("ArrowLeft");
        const reading = await page.locator(".reading").innerText();
        expect(reading).to.match(/^Messages per second at \d\d:\d\d:\d\d\. → to server: \d+, ← to client: \d+$/);
        await page.keyboard.press("+");
        await page.waitForFunction(() => !document.querySelector(".charts-body [aria-pressed=true]"));
        await page.keyboard.press("0");
        await axis.waitFor();
        const p50 = page.locator("[data-chart=replies] .u-value").nth(1);
        await p50.filter({ hasText: /^[\d.]+ m?s$/ }).waitFor();
    });

    it("lists bad frames with their bytes, and shows markup of a peer as text", async () => {
        const s = server();
        s.on("error", () => undefined);
        const { url, port } = await inspected(s);
        const page = await pages().show(url);
        const markup = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>";
        const socket = plain(port);
        const frame = { type: markup, data: { [markup]: markup, link: "javascript:alert(1)", __proto__: 1 } };
        socket.write(`${JSON.stringify(frame)}\n`);
        socket.write(`${JSON.stringify({ type: "String", data: "\u202e\u0007" })}\n`);
        socket.end(`${markup}\0\n`);
        const problem = page.locator(".problems-list li");
        await problem.first().waitFor();
        expect(await problem.first().innerText()).to.match(/#1 from the client.*invalid.*a frame that is no message/);
        await problem.locator("summary").click();
        expect(await problem.locator("pre").innerText()).to.match(/^0000 {2}3c 69 6d 67 .* {2}<img src=x onerr/);
        await page.locator(".row", { hasText: "<img" }).first().click();
        await page.locator(".card").waitFor();
        expect(await page.locator(".card").innerText()).to.include(`${markup}: "<img`);
        expect(await shownMessages(page)).to.include('→ message String "\\u202e\\u0007"');
        expect(await page.locator("main img, main script, main a").count()).to.equal(0);
        expect(await page.title()).to.not.include("hacked");
    });

    it("records to a file, and plays it and files of tap again", async () => {
        pages().expectErrors(/net::ERR_/);
        const s = server();
        s.on("request", (_, response) => response.send("reply"));
        const file = join(dirname(socketPath()), "tap.jsonl");
        const { url, port, command } = await inspected(s, "--record", file);
        const page = await pages().show(url);
        const c = client({ port });
        await c.connect();
        await page.getByRole("button", { name: "Record" }).click();
        await c.ask(new Order("recorded"));
        await page.getByRole("button", { name: "Stop and save (2)" }).waitFor();
        const downloading = page.waitForEvent("download");
        await page.getByRole("button", { name: "Stop and save (2)" }).click();
        const path = await (await downloading).path();
        const lines = readFileSync(path, "utf8").trim().split("\n");
        expect(lines[0]).to.match(/^\{"sockhop_inspect":1,/);
        await c.ask(new Order("later"));
        await message(page, "later");
        await c.disconnect();
        await command.note(/^#1 closed/);
        await command.interrupt();

        for (const [name, count] of [
            [path, 2],
            [file, 4],
        ] as const) {
            await page.locator("input[type=file]").setInputFiles(name);
            await page.locator(".state[data-state=recording]").waitFor();
            await page.waitForFunction((n) => document.querySelectorAll(".row").length === n, count);
            expect((await shownMessages(page)).slice(0, 2)).to.deep.equal([
                '→ request Order {"item":"recorded"}',
                '← response String "reply"',
            ]);
            expect(await page.locator(".row .took").nth(1).innerText()).to.match(/ m?s$/);
            await page.locator(".connections-body tbody tr", { hasText: "#1" }).waitFor();
            const slider = page.getByLabel("Position");
            await slider.fill("0");
            await page.waitForFunction((n) => document.querySelectorAll(".row").length < n, count);
            await page.getByLabel("Speed").selectOption("100");
            await page.getByRole("button", { name: "Play" }).click();
            await page.waitForFunction((n) => document.querySelectorAll(".row").length === n, count);
        }
        const bad = join(dirname(file), "bad.jsonl");
        for (const [line, reason] of [
            ['{"time":"x","kind":"message"}', "line 1 is no message of a recording"],
            ['{"time":1,"connections":{}}', "line 1 is neither a message nor a state"],
            ["null", "line 1 is no object"],
            ["{", "line 1 is no JSON"],
            ["", "the file has no messages"],
        ] as const) {
            writeFileSync(bad, `${line}\n`);
            await page.locator("input[type=file]").setInputFiles(bad);
            await page.locator(".notice", { hasText: `bad.jsonl cannot be played: ${reason}` }).waitFor();
        }
        await page.getByRole("button", { name: "Back to live" }).click();
        await page.locator(".state[data-state=lost]").waitFor();
    });

    it("plays a recording whatever the kinds and values are, with any number of connections", async () => {
        const { url } = await inspected(server());
        const page = await pages().show(url);
        const file = join(dirname(socketPath()), "any.jsonl");
        const lines = [
            ...Array.from({ length: 3000 }, (_, connection) => ofMessage({ connection })),
            ofMessage({ kind: "constructor", data: { __proto__: null, toString: 1, "<b>": "<img src=x>" } }),
            ofMessage({ kind: "__proto__", type: ["<b>"], id: { a: 1 }, text: "\u202e", error: null }),
        ];
        writeFileSync(file, lines.join("\n"));
        await page.locator("input[type=file]").setInputFiles(file);
        await page.locator(".state[data-state=recording]").waitFor();
        await page.waitForFunction(() => document.querySelectorAll(".connections-body tbody tr").length === 2000);
        await page.getByLabel("Text in the message").fill("img");
        await message(page, "<img src=x>");
        expect((await shownMessages(page))[0]).to.include("constructor");
        await page.locator(".row").first().click();
        await page.locator(".detail .tree", { hasText: "<img src=x>" }).waitFor();
        expect(await page.locator(".detail img").count()).to.equal(0);
    });

    it("saves the recording that is running when a file is opened", async () => {
        const { url } = await inspected(server());
        const page = await pages().show(url);
        await page.getByRole("button", { name: "Record" }).click();
        const file = join(dirname(socketPath()), "one.jsonl");
        writeFileSync(file, ofMessage({}));
        const downloading = page.waitForEvent("download");
        await page.locator("input[type=file]").setInputFiles(file);
        expect(readFileSync(await (await downloading).path(), "utf8")).to.match(/^\{"sockhop_inspect":1,/);
    });

    it("sends by hand with --allow-send, and shows the reply", async () => {
        const s = server();
        s.on("request:Order", (request, response) => response.send({ sold: request.data as object }));
        const { url } = await inspected(s, "--allow-send");
        const page = await pages().show(url);
        await page.getByRole("button", { name: "Send…" }).click();
        await page.getByLabel("Kind", { exact: true }).last().selectOption("request");
        await page.locator("#send-type").fill("Order");
        await page.locator("#send-data").fill('{"item":');
        await page.getByRole("button", { name: "Send", exact: true }).click();
        await page.locator(".result", { hasText: /^No JSON: / }).waitFor();
        await page.locator("#send-data").fill('{"item":"bolt"}');
        await page.getByRole("button", { name: "Send", exact: true }).click();
        await page.locator(".result", { hasText: "bolt" }).waitFor();
        await page.getByRole("button", { name: "Close", exact: true }).click();
        await message(page, '{"sold":{"item":"bolt"}}');
        expect(await shownMessages(page)).to.include('→ request Order {"item":"bolt"}');

        const { url: other } = await inspected(s);
        const quiet = await pages().show(other);
        expect(await quiet.getByRole("button", { name: "Send…" }).count()).to.equal(0);
        pages().expectErrors(/403/);
        const reported = quiet.waitForEvent("console", (entry) => entry.type() === "error");
        const refused = await quiet.evaluate(async () => {
            const headers = { "Content-Type": "application/json" };
            return (await fetch("send", { method: "POST", headers, body: "{}" })).status;
        });
        expect(refused).to.equal(403);
        expect((await reported).text()).to.include("403");
    });

    it("says that the connection is lost, and connects again", async () => {
        pages().expectErrors(/net::ERR_|404/);
        const s = server();
        const { url, command } = await inspected(s);
        const { port: pagePort } = new URL(url);
        const page = await pages().show(url);
        await command.interrupt();
        await page.locator(".state[data-state=lost]").waitFor();
        const again = await inspected(s, "--port", pagePort);
        // The new command has another token, so the page must not get its events.
        await page.waitForFunction(
            () => performance.getEntriesByName(new URL("events", location.href).href).length > 1,
        );
        await page.locator(".state[data-state=lost]").waitFor();
        await page.goto(again.url);
        await page.locator(".state[data-state=live]").waitFor();
    });
});
