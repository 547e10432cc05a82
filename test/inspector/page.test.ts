import { expect } from "chai";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { Hub } from "../../src/inspect/hub/Hub";
import { HubSource } from "../../src/inspect/http/HubSource";
import { InspectServer } from "../../src/inspect/http/InspectServer";
import { loadPage } from "../../src/inspect/http/page";
import type { TappedMessage } from "../../src/inspect/frames/parseFrame";
import type { Scheme, Size } from "../support/browser";
import { later } from "../support/pair";
import { usePages, PICTURES, DOCS, ROOT } from "./Pages";
import { Traffic } from "./Traffic";

/** Seconds under load, such as 120 for `npm run test:inspect:long`. */
const SECONDS = Number(process.env["INSPECT_SECONDS"] ?? 6);

/** Messages per second. */
const RATE = 100_000;

const WINDOWS = (["desktop", "phone"] as Size[]).flatMap((size) =>
    (["light", "dark"] as Scheme[]).map((scheme) => ({ size, scheme, name: `${size}, ${scheme}` })),
);

/** Serves the page with a hub. */
async function served(): Promise<{ hub: Hub; url: string }> {
    const hub = new Hub({ version: "1.9.0", form: "tap", title: "name:shop", canSend: true });
    const page = loadPage(join(ROOT, "dist/inspect-package/page.html"));
    const server = new InspectServer(new HubSource(hub), page);
    hub.start();
    later(() => {
        hub.stop();
        return server.close();
    });
    return { hub, url: await server.listen(0) };
}

/** Reports texts with too little contrast, and what is wider than the window. It runs in the page. */
function faults(): string[] {
    const found: string[] = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push(`${document.documentElement.scrollWidth} px wide`);
    const parse = (color: string): [number, number, number, number] => {
        const canvas = document.createElement("canvas").getContext("2d")!;
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r!, g!, b!, a!];
    };
    const luminance = (color: string): number => {
        const [r, g, b] = parse(color).map((part) => {
            const value = part / 255;
            return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const background = (element: Element | null): string => {
        for (let each = element; each; each = each.parentElement) {
            const color = getComputedStyle(each).backgroundColor;
            if (parse(color)[3] === 255) return color;
        }
        return "white";
    };
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
        const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim() !== "");
        if (!hasText || !element.checkVisibility() || element.closest("script, noscript, option")) continue;
        const { color } = getComputedStyle(element);
        const [a, b] = [luminance(color), luminance(background(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(1)}: ${element.textContent.slice(0, 40)}`);
    }
    for (const element of document.querySelectorAll<HTMLElement>("button, input, select, textarea, summary")) {
        if (!element.checkVisibility()) continue;
        const label = element.getAttribute("aria-label") ?? (element as HTMLInputElement).labels?.[0]?.textContent;
        if (!(label ?? element.textContent).trim()) found.push(`no label: ${element.outerHTML.slice(0, 80)}`);
        if (element.getBoundingClientRect().height < 20 && element.tagName === "BUTTON")
            found.push(`small: ${element.textContent}`);
    }
    return found;
}

/** Bytes of the heap of a page, without garbage. */
async function heap(devtools: CDPSession): Promise<number> {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    return usedSize;
}

describe("the page of the inspector", () => {
    const pages = usePages();

    for (const { size, scheme, name } of WINDOWS) {
        it(`can be read, and fits the window (${name})`, async () => {
            const { hub, url } = await served();
            const traffic = new Traffic(hub);
            const page = await pages().show(url, size, scheme);
            await traffic.play(page);
            const shoot = async (part: string): Promise<void> => {
                expect(await page.evaluate(faults), part).to.deep.equal([]);
                await page.screenshot({ path: join(PICTURES, `${size}-${scheme}-${part}.png`) });
            };
            const docs = process.env["UPDATE_PICTURES"] !== undefined;
            const file = `inspect-${size === "phone" ? "phone-" : ""}${scheme}.png`;
            if (size === "phone") {
                for (const part of ["messages", "connections", "charts", "problems"]) {
                    await page.click(`[data-tab=${part}]`);
                    if (part === "connections") await page.locator(".connections-body tbody tr").first().click();
                    await shoot(part);
                }
                await page.click("[data-tab=messages]");
            } else await shoot("all");
            await page.locator(".filters").getByLabel("Number of the connection").fill("");
            await page.locator(".row", { hasText: "request" }).last().click();
            await page.locator(".card").nth(1).waitFor();
            await shoot("detail");
            if (!docs) return;
            mkdirSync(DOCS, { recursive: true });
            if (size === "desktop") await page.screenshot({ path: join(DOCS, file) });
        });
    }

    for (const { size, scheme, name } of WINDOWS) {
        it(`says what is missing while it is empty (${name})`, async () => {
            const { url } = await served();
            const page = await pages().show(url, size, scheme);
            for (const [part, text] of [
                ["messages", "No messages yet. Clients have to connect"],
                ["connections", "No connections yet."],
                ["problems", "No errors."],
            ] as const) {
                if (size === "phone") await page.click(`[data-tab=${part}]`);
                await page.getByText(text).waitFor();
                expect(await page.evaluate(faults)).to.deep.equal([]);
                await page.screenshot({ path: join(PICTURES, `${size}-${scheme}-empty-${part}.png`) });
            }
        });
    }

    it("can be used with the keyboard alone", async () => {
        const { hub, url } = await served();
        const traffic = new Traffic(hub);
        const page = await pages().show(url);
        await traffic.play(page);
        const reached = new Set<string>();
        for (let count = 0; count < 60; count++) {
            await page.keyboard.press("Tab");
            reached.add(
                await page.evaluate(() => {
                    const element = document.activeElement!;
                    if (element === document.body) return ""; // between the last and the first
                    const outline = getComputedStyle(element).outlineStyle;
                    const text = element.getAttribute("aria-label") ?? element.textContent;
                    return outline === "none" ? `no outline: ${text}` : text;
                }),
            );
        }
        const all = [...reached].join("\n");
        expect([...reached].filter((text) => text.includes("no outline"))).to.deep.equal([]);
        for (const name of ["Send…", "Record", "Open…", "Theme: auto", "Pause", "Follow", "Messages", "Kind", "1 min"])
            expect([...reached]).to.include(name);
        expect(all)
            .to.match(/Messages per second\. Arrow keys/)
            .and.match(/#\d+127\.0\.0\.1/);
    });

    it("has a theme of its own choice", async () => {
        const { url } = await served();
        const page = await pages().show(url, "desktop", "light");
        const color = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const light = await color();
        await page.getByRole("button", { name: "Theme: auto" }).click();
        await page.getByRole("button", { name: "Theme: light" }).click();
        await page.getByRole("button", { name: "Theme: dark" }).waitFor();
        expect(await color()).to.not.equal(light);
    });

    it(`stays usable and small under ${RATE} messages per second for ${SECONDS} s, and says that it samples`, async function () {
        this.timeout(60_000 + 2000 * SECONDS);
        const { hub, url } = await served();
        const page = await pages().show(url);
        const devtools = await page.context().newCDPSession(page);
        const connections = [1, 2, 3].map((n) => hub.opened({ role: "tap", peer: `127.0.0.1:${n}`, endpoint: "shop" }));
        const value: TappedMessage = { bytes: 120, kind: "message", type: "Tick", data: { text: "x".repeat(60) } };
        let sent = 0;
        const start = performance.now();
        const send = (): void => {
            const due = Math.floor(((performance.now() - start) / 1000) * RATE);
            for (; sent < due; sent++) {
                const connection = connections[sent % 3]!;
                hub.addMessages(connection, "client", 1);
                hub.addBytes(connection, "client", 121);
                hub.message(connection, "client", () => value);
            }
        };
        const timer = setInterval(send, 5);
        later(() => clearInterval(timer));

        await page.locator(".list-note", { hasText: /sampled: [\d,]+ are counted only/ }).waitFor();
        /** The page reacts to the keyboard, and draws. */
        const use = async (): Promise<void> => {
            await page.locator(".filters .text").fill("tick");
            await page.waitForFunction(() => document.querySelectorAll(".row").length > 5);
            await page.locator(".filters .text").fill("no such text");
            await page.locator(".empty", { hasText: "No message matches" }).waitFor();
            await page.locator(".filters .text").fill("");
            await page.locator(".row").first().waitFor();
        };
        const sizes: number[] = [];
        while (performance.now() - start < SECONDS * 1000) {
            await use();
            sizes.push(await heap(devtools));
        }
        clearInterval(timer);
        hub.update();
        await page.waitForFunction(
            (count) => document.querySelector(".totals")!.textContent.replaceAll(",", "").includes(`${count} messages`),
            sent,
        );
        const elements = await page.evaluate(() => document.querySelectorAll("*").length);
        expect(elements).to.be.below(2000);
        // The lists of the page are full after some seconds; from then on, memory is flat.
        const full = sizes.slice(Math.floor(sizes.length / 2));
        expect(Math.max(...sizes)).to.be.below(64 * 2 ** 20);
        expect(full.at(-1)! - full[0]!).to.be.below(8 * 2 ** 20);
        // eslint-disable-next-line no-console -- for the long run
        console.log(
            `      ${sent} messages; heap of the page in MB: ${sizes.map((size) => (size / 2 ** 20).toFixed(1)).join(" ")}`,
        );
    });

    describe("for other sites", () => {
        /** A page of another origin of this computer. */
        async function foreign(): Promise<string> {
            const server = createServer((_, response) => {
                response.setHeader("Content-Type", "text/html");
                response.end("<!doctype html><title>hostile</title><link rel=icon href='data:,'>");
            });
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
            later(() => {
                server.closeAllConnections();
                server.close();
            });
            return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        }

        async function hostile(): Promise<Page> {
            const page = await pages().blank();
            await page.goto(await foreign());
            return page;
        }

        it("is not readable, by fetch, by EventSource or in a frame, even with the token", async () => {
            pages().expectErrors(/./);
            const { hub, url } = await served();
            const page = await hostile();
            const results = await page.evaluate(async (address) => {
                const outcome = (promise: Promise<unknown>): Promise<string> =>
                    promise.then(
                        () => "read",
                        () => "refused",
                    );
                const stream = new Promise((resolve, reject) => {
                    const events = new EventSource(`${address}events`);
                    events.addEventListener("hello", resolve);
                    events.addEventListener("error", () => {
                        events.close();
                        reject(new Error());
                    });
                });
                const headers = { "Content-Type": "application/json" };
                return [
                    await outcome(fetch(address)),
                    await outcome(stream),
                    await outcome(fetch(`${address}send`, { method: "POST", headers, body: "{}" })),
                    await outcome(fetch(`${address}send`, { method: "POST", mode: "no-cors", body: "{}" })),
                ];
            }, url);
            expect(results).to.deep.equal(["refused", "refused", "refused", "refused"]);
            expect(hub.watchers).to.equal(0);
            await page.evaluate(async (address) => {
                const frame = document.createElement("iframe");
                const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
                frame.src = address;
                document.body.append(frame);
                await loaded;
            }, url);
            expect(hub.watchers).to.equal(0);
        });

        it("is not readable through a name of an attacker that leads here (DNS rebinding)", async () => {
            pages().expectErrors(/./);
            const { hub, url } = await served();
            const page = await pages().blank();
            const response = await page.goto(url.replace("127.0.0.1", "attacker.test"));
            expect(response!.status()).to.equal(403);
            expect(await page.locator("body").innerText()).to.equal("This page or program may not use the inspector.");
            expect(hub.watchers).to.equal(0);
            const local = await page.goto(url.replace("127.0.0.1", "localhost"));
            expect(local!.status()).to.equal(200);
            await page.locator(".state[data-state=live]").waitFor();
        });

        it("is not readable without the token", async () => {
            pages().expectErrors(/./);
            const { url } = await served();
            const page = await pages().blank();
            for (const path of ["/", "/x/", "/events", "/x/events"]) {
                const response = await page.goto(new URL(path, url).href);
                expect(response!.status()).to.equal(404);
            }
        });
    });

    it("shows no data of another version of the protocol", async () => {
        const { hub, url } = await served();
        hub.hello = () => JSON.stringify({ protocol: 0 });
        const page = await pages().blank();
        await page.goto(url);
        await page.locator(".notice", { hasText: "different versions" }).waitFor();
        hub.message(hub.opened({ role: "tap", peer: "x", endpoint: "y" }), "client", () => ({
            ...{ bytes: 1, kind: "message", data: "secret" },
        }));
        hub.update();
        expect(await page.locator(".row").count()).to.equal(0);
    });
});
