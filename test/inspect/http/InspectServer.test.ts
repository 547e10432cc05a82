import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { dirname, join } from "node:path";
import { Hub } from "../../../src/inspect/hub/Hub";
import { HubSource } from "../../../src/inspect/http/HubSource";
import { InspectServer } from "../../../src/inspect/http/InspectServer";
import { loadPage } from "../../../src/inspect/http/page";
import { later, socketPath } from "../../support/pair";

const HTML = "<!doctype html><style>p { margin: 0 }</style><script>a()</script>";

/** A response, with its body. */
interface Response {
    status: number;
    headers: IncomingMessage["headers"];
    body: string;
}

/** Starts a server. */
async function served(
    send?: (body: unknown) => Promise<unknown>,
): Promise<{ hub: Hub; url: URL; ask: (options?: RequestOptions & { body?: string }) => Promise<Response> }> {
    const hub = new Hub({ version: "1", form: "tap", title: "x", canSend: send !== undefined });
    const file = join(dirname(socketPath()), "page.html");
    writeFileSync(file, HTML);
    const server = new InspectServer(new HubSource(hub, send), loadPage(file));
    later(() => server.close());
    const url = new URL(await server.listen(0));
    return { hub, url, ask: (options = {}) => fetched(url, options) };
}

/** Sends a request. Resolves when the body has ended, or has begun for an event stream. */
function fetched(url: URL, { body, ...options }: RequestOptions & { body?: string }): Promise<Response> {
    return new Promise((resolve, reject) => {
        const sent = request({ host: url.hostname, port: url.port, path: url.pathname, ...options });
        later(() => sent.destroy());
        sent.on("error", reject);
        sent.on("response", (response) => {
            let text = "";
            const done = (): void => resolve({ status: response.statusCode!, headers: response.headers, body: text });
            response.setEncoding("utf8").on("data", (part: string) => {
                text += part;
                if (response.headers["content-type"]?.startsWith("text/event-stream") && text.includes("update"))
                    done();
            });
            response.on("end", done).on("error", () => undefined);
        });
        sent.end(body);
    });
}

describe("InspectServer", () => {
    it("serves the page at an address with a token, for its own scripts and styles only", async () => {
        const { url, ask } = await served();
        expect(url.hostname).to.equal("127.0.0.1");
        expect(url.pathname).to.match(/^\/[\w-]{32}\/$/);
        const { status, headers, body } = await ask();
        expect([status, body]).to.deep.equal([200, HTML]);
        const policy = headers["content-security-policy"] as string;
        expect(policy).to.match(
            /^default-src 'none'; script-src 'sha256-[^ ;]+'; style-src 'sha256-[^ ;]+'; connect-src 'self';/,
        );
        expect(policy).to.include("frame-ancestors 'none'").and.not.include("unsafe");
        expect(headers).to.include({
            "cache-control": "no-store",
            "cross-origin-resource-policy": "same-origin",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        });
        expect((await ask({ method: "HEAD" })).body).to.equal("");
    });

    it("has another token each time", async () => {
        const [a, b] = [await served(), await served()];
        expect(a.url.pathname).to.not.equal(b.url.pathname);
    });

    it("refuses a request without the token", async () => {
        const { url, ask } = await served(() => Promise.resolve());
        const token = url.pathname.slice(1, -1);
        const wrong = ["", "/", "/events", "//", `/${token.slice(1)}/`, `/${token}x/`, `/%00/`, `/${"-".repeat(32)}/`];
        for (const path of wrong) {
            for (const method of ["GET", "POST"]) {
                expect((await ask({ path, method })).status, path).to.be.oneOf([400, 404]);
            }
        }
    });

    it("leads from the address without its last slash to the page, and has nothing below its files", async () => {
        const { url, ask } = await served();
        const { status, headers } = await ask({ path: url.pathname.slice(0, -1) });
        expect([status, headers.location]).to.deep.equal([308, url.pathname]);
        for (const path of ["events/", "events/x", "/", "../x", "send/"])
            expect((await ask({ path: `${url.pathname}${path}` })).status, path).to.equal(404);
    });

    it("refuses another name of this computer, and pages of other origins", async () => {
        const { url, ask } = await served(() => Promise.resolve());
        const { port, host } = url;
        const status = async (headers: RequestOptions["headers"]): Promise<number> => (await ask({ headers })).status;
        for (const name of [`attacker.test:${port}`, `127.0.0.1`, `127.0.0.1:${port}.attacker.test`, `localhost:1`])
            expect(await status({ host: name }), name).to.be.oneOf([400, 403]);
        for (const origin of ["null", "http://attacker.test", `https://${host}`, "http://127.0.0.1:1", ""])
            expect(await status({ origin }), origin).to.equal(403);
        for (const site of ["cross-site", "same-site"]) expect(await status({ "sec-fetch-site": site })).to.equal(403);
        expect(await status({ origin: `http://${host}`, "sec-fetch-site": "same-origin" })).to.equal(200);
        expect(await status({ host: `localhost:${port}`, "sec-fetch-site": "none" })).to.equal(200);
    });

    it("streams events, for 16 pages at most, and notices when they are closed", async () => {
        const { hub, url, ask } = await served();
        const path = `${url.pathname}events`;
        const { body, headers } = await ask({ path });
        expect(headers["content-type"]).to.match(/^text\/event-stream/);
        expect(body).to.match(/event: hello\ndata: \{"protocol":1,.*\}\n\nevent: update\ndata: \{"time":\d+,/);
        for (let count = 1; count < 16; count++) await ask({ path });
        expect(hub.watchers).to.equal(16);
        expect((await ask({ path })).status).to.equal(503);
    });

    it("accepts messages from its own page only, as JSON of at most 1 MiB", async () => {
        const received: unknown[] = [];
        const { url, ask } = await served((body) => {
            received.push(body);
            if (received.length > 1) return Promise.reject(new Error("not today"));
            return Promise.resolve({ ok: true });
        });
        const path = `${url.pathname}send`;
        const own = { origin: `http://${url.host}`, "content-type": "application/json" };
        const post = (headers: RequestOptions["headers"], body: string): Promise<Response> =>
            ask({ path, method: "POST", ...(headers && { headers }), body });
        expect((await post({ "content-type": "application/json" }, "{}")).status).to.equal(403);
        expect((await post({ ...own, "content-type": "text/plain" }, "{}")).status).to.equal(415);
        expect((await post(own, `"${"x".repeat(2 ** 20)}"`)).status).to.equal(413);
        expect((await post(own, "{")).status).to.equal(400);
        expect(received).to.deep.equal([]);
        expect(await post(own, '{"a":1}')).to.include({ status: 200, body: '{"result":{"ok":true}}' });
        expect(await post(own, "1")).to.include({ status: 400, body: '{"error":"not today"}' });
        expect(received).to.deep.equal([{ a: 1 }, 1]);
        expect((await ask({ path })).status).to.equal(404);
        expect((await ask({ method: "DELETE" })).status).to.equal(405);
    });

    it("responds with the reason if a result is no JSON", async () => {
        const { url, ask } = await served(() => Promise.resolve(1n));
        const headers = { origin: `http://${url.host}`, "content-type": "application/json" };
        const { status, body } = await ask({ path: `${url.pathname}send`, method: "POST", headers, body: "{}" });
        expect(status).to.equal(400);
        expect(body).to.contain("BigInt");
    });

    it("accepts no messages if the program allows none", async () => {
        const { url, ask } = await served();
        const headers = { origin: `http://${url.host}`, "content-type": "application/json" };
        expect((await ask({ path: `${url.pathname}send`, method: "POST", headers, body: "{}" })).status).to.equal(403);
    });

    it("needs no token on a socket of this user, and refuses browsers there", async () => {
        const hub = new Hub({ version: "1", form: "program", title: "x", canSend: false });
        const server = new InspectServer(new HubSource(hub), undefined, false);
        later(() => server.close());
        const path = socketPath();
        await server.listenOn(path);
        const url = new URL("http://localhost/-/events");
        expect((await fetched(url, { socketPath: path })).status).to.equal(200);
        expect((await fetched(url, { socketPath: path, headers: { origin: "null" } })).status).to.equal(403);
        expect((await fetched(url, { socketPath: path, path: "/-/" })).status).to.equal(404);
    });
});
