import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Page } from "./page";
import { isSameOrigin } from "./sameOrigin";

/** Only this computer can connect. */
const HOST = "127.0.0.1";

/** Pages that are open at the same time. */
const MAX_VIEWERS = 16;

/** Bytes of a message that a page sends. */
const MAX_BODY = 2 ** 20;

/** Headers of all responses. */
const HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
};

/** Events for the pages, and the way from a page to the inspected connections. */
export interface InspectSource {
    /** Adds a page, which gets an event stream, until its response is closed. */
    addViewer(response: ServerResponse): void;
    /** Sends a message that the user of a page has typed. Throws or rejects with the reason if that is not possible. */
    send?(body: unknown): Promise<unknown>;
}

/**
 * Serves the page, and the events for it, to browsers of this computer.
 *
 * The address has an unguessable token. A page of another origin can neither read a response, nor cause one.
 */
export class InspectServer {
    readonly #source: InspectSource;
    readonly #page: Page | undefined;
    readonly #token: string | undefined;
    readonly #server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16_384 });
    #viewers = 0;

    /**
     * @param page - `undefined` if only {@link addViewer} is needed
     * @param hasToken - false for a socket that only this user can open
     */
    constructor(source: InspectSource, page: Page | undefined, hasToken = true) {
        this.#source = source;
        this.#page = page;
        this.#token = hasToken ? randomBytes(24).toString("base64url") : undefined;
        this.#server.maxConnections = 4 * MAX_VIEWERS;
        this.#server.on("request", (request, response) => {
            this.#onRequest(request, response);
        });
        this.#server.on("error", ignore); // such as EMFILE: a page cannot connect, and the program goes on
        this.#server.on("clientError", (_, socket) => socket.destroy());
    }

    /** Listens on a port of this computer, 0 for any. Resolves to the address of the page. */
    async listen(port: number): Promise<string> {
        this.#server.listen(port, HOST);
        await once(this.#server, "listening");
        const bound = (this.#server.address() as AddressInfo).port;
        return `http://${HOST}:${bound}/${this.#token ?? ""}/`;
    }

    /** Listens on a Unix domain socket or a pipe. */
    async listenOn(path: string): Promise<void> {
        this.#server.listen({ path });
        await once(this.#server, "listening");
    }

    /** Lets the process end while the server listens, and while pages are open. */
    unref(): void {
        this.#server.unref();
        this.#server.on("connection", (socket: Socket) => socket.unref());
    }

    /** Closes the server and all pages. */
    async close(): Promise<void> {
        const closed = new Promise<void>((resolve) => {
            this.#server.close(() => {
                resolve();
            });
        });
        this.#server.closeAllConnections();
        await closed;
    }

    #onRequest(request: IncomingMessage, response: ServerResponse): void {
        request.on("error", ignore);
        response.on("error", ignore);
        for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
        const status = this.#fault(request);
        if (status !== undefined) {
            refuse(response, status);
            return;
        }
        const [, , file, ...deeper] = (request.url as string).split("/");
        if (deeper.length > 0) {
            refuse(response, 404);
            return;
        }
        if (file === undefined && request.method === "GET") {
            // The address without its last slash, which the relative addresses of the page need.
            response.writeHead(308, { Location: `/${this.#token ?? "-"}/` }).end();
            return;
        }
        switch (`${request.method} ${file ?? ""}`) {
            case "GET ":
            case "HEAD ":
                this.#servePage(response, request.method === "HEAD");
                break;
            case "GET events":
                this.#serveEvents(response);
                break;
            case "POST send":
                void this.#serveSend(request, response);
                break;
            default:
                refuse(response, request.method === "GET" || request.method === "POST" ? 404 : 405);
        }
    }

    /** Status of a request that is refused. */
    #fault({ headers, url = "", socket }: IncomingMessage): number | undefined {
        if (this.#token === undefined) return headers.origin === undefined ? undefined : 403; // a browser cannot get here
        if (!isSameOrigin(headers, socket.localPort)) return 403;
        const [, token = ""] = url.split("/");
        return isEqual(token, this.#token) ? undefined : 404;
    }

    #servePage(response: ServerResponse, isHead: boolean): void {
        if (!this.#page) {
            refuse(response, 404);
            return;
        }
        const { html, policy } = this.#page;
        response.writeHead(200, {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": html.length,
            "Content-Security-Policy": policy,
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        });
        response.end(isHead ? undefined : html);
    }

    #serveEvents(response: ServerResponse): void {
        if (this.#viewers >= MAX_VIEWERS) {
            refuse(response, 503);
            return;
        }
        this.#viewers += 1;
        response.on("close", () => (this.#viewers -= 1));
        this.#source.addViewer(response);
    }

    async #serveSend(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const { origin, "content-type": type } = request.headers;
        if (!this.#source.send || (this.#token !== undefined && origin === undefined)) {
            refuse(response, 403);
            return;
        }
        if (type !== "application/json") {
            refuse(response, 415);
            return;
        }
        try {
            const body = await readBody(request);
            if (body === undefined) {
                refuse(response, 413);
                return;
            }
            const result = await this.#source.send(JSON.parse(body));
            respond(response, 200, { result: result ?? null });
        } catch (error) {
            respond(response, 400, { error: error instanceof Error ? error.message : String(error) });
        }
    }
}

/** Reads the body of a request; `undefined` if it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
        size += (chunk as Buffer).length;
        if (size > MAX_BODY) return undefined;
        chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks).toString();
}

function respond(response: ServerResponse, status: number, body: object): void {
    const json = JSON.stringify(body); // first, because it may throw
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(json);
}

/** Texts for people who have opened a wrong address. */
const REASONS: Readonly<Record<number, string>> = {
    403: "This page or program may not use the inspector.",
    413: "The message is larger than 1 MiB.",
    404: "There is nothing here: the address of the inspector has a token, which the program has printed.",
    503: "Too many pages are open.",
};

function refuse(response: ServerResponse, status: number): void {
    response.writeHead(status, { Connection: "close", "Content-Type": "text/plain" });
    response.end(REASONS[status] ?? String(status));
}

/** Compares texts in a time that does not depend on their contents. */
function isEqual(a: string, b: string): boolean {
    const [left, right] = [Buffer.from(a), Buffer.from(b)];
    return left.length === right.length && timingSafeEqual(left, right);
}

/** A browser may close its connection at any time. It is no error of the program. */
function ignore(): void {
    // nothing to do
}
