import { type IncomingMessage, type ServerResponse, get } from "node:http";
import { once } from "node:events";
import { inspectorPath, startEvents } from "../../inspect/http/events";
import type { InspectSource } from "../../inspect/index";
import { CommandError, errorCode, explainError, UsageError } from "../errors";
import { abortable } from "../run/abortable";

/** Milliseconds until a program must have replied. */
const TIMEOUT_MS = 10_000;

/** Codes of a server that is not one of HTTP, such as one of sockhop. */
const NO_HTTP = /^(ECONNRESET|HPE_\w+)$/;

/** Where the events of a running program are. */
type Remote = { socketPath: string; path: string } | { host: string; port: string; path: string };

/** Forwards the events of a program that has called `inspect()`. */
export class RemoteSource implements InspectSource {
    readonly #text: string;
    readonly #remote: Remote;

    /**
     * @param text - URL of the page of the program, or the name that it has given to `inspect()`
     * @throws {@link UsageError} for another URL
     */
    constructor(text: string) {
        this.#text = text;
        this.#remote = parseRemote(text);
    }

    /** Checks that the program is there. Rejects with the reason of the signal if that is aborted. */
    async check(signal: AbortSignal): Promise<void> {
        (await abortable(signal, this.#get(signal))).destroy();
    }

    /** Forwards the events to a page. When the program ends, the page asks again. */
    addViewer(response: ServerResponse): void {
        startEvents(response);
        void this.#forward(response);
    }

    async #forward(response: ServerResponse): Promise<void> {
        try {
            const events = await this.#get();
            events.on("error", () => response.end());
            response.on("close", () => events.destroy());
            if (response.closed) events.destroy();
            else events.pipe(response);
        } catch {
            response.end(); // the program has ended, or is starting again
        }
    }

    async #get(signal?: AbortSignal): Promise<IncomingMessage> {
        const request = get({ ...this.#remote, agent: false, ...(signal && { signal }) });
        request.on("error", () => undefined); // also after the response has begun, whose listeners handle it
        const timer = setTimeout(() => {
            request.destroy(new CommandError(`${this.#text} does not reply`, undefined, undefined));
        }, TIMEOUT_MS);
        try {
            const [events] = (await once(request, "response")) as [IncomingMessage];
            if (events.statusCode === 200) return events;
            events.destroy();
            throw new UsageError(`${this.#text} is not the address of an inspector (status ${events.statusCode})`);
        } catch (error) {
            if (!NO_HTTP.test(errorCode(error) ?? "")) throw explainError(error, this.#text);
            throw new UsageError(`${this.#text} is not the address of an inspector`, { cause: error });
        } finally {
            clearTimeout(timer);
        }
    }
}

function parseRemote(text: string): Remote {
    if (!text.includes("://")) {
        const name = text.replace(/^name:/, "");
        return { socketPath: inspectorPath(name), path: "/-/events" };
    }
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "http:" || (url.hostname !== "127.0.0.1" && url.hostname !== "localhost"))
        throw new UsageError(`"${text.slice(0, 100)}" is no URL of an inspector: its page is at http://127.0.0.1`);
    return { host: url.hostname, port: url.port, path: `${url.pathname.replace(/\/*$/, "")}/events` };
}
