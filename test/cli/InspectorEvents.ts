import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { ConnectionRow, Hello, MessageRow, ProblemRow, Totals, Update } from "../../src/inspect/protocol";
import { later } from "../support/pair";

/** What a page of the inspector gets, without a browser. */
export class InspectorEvents {
    hello: Hello | undefined;
    totals: Totals | undefined;
    readonly connections = new Map<number, ConnectionRow>();
    readonly messages: MessageRow[] = [];
    readonly problems: ProblemRow[] = [];
    #rest = "";
    #onUpdate: (() => void) | undefined;

    private constructor(private readonly url: URL) {}

    /** Opens the event stream of a page. Closed after the test. */
    static async open(address: string): Promise<InspectorEvents> {
        const events = new InspectorEvents(new URL(address));
        const [response] = (await once(events.#request("events").end(), "response")) as [IncomingMessage];
        later(() => response.destroy());
        response.on("error", () => undefined); // the command ends before the stream
        response.setEncoding("utf8").on("data", (text: string) => {
            events.#onData(text);
        });
        await events.until(() => events.totals !== undefined);
        return events;
    }

    /** Resolves when the condition is true, which is checked after each update. */
    async until(condition: () => boolean): Promise<void> {
        while (!condition()) await new Promise<void>((resolve) => (this.#onUpdate = resolve));
    }

    /** Kinds, types and values of the messages so far. */
    get shown(): string[] {
        return this.messages.map(({ from, kind, type, data }) => JSON.stringify([from, kind, type, data]));
    }

    /** Sends by hand, as the page does. Resolves to the status and the body of the response. */
    async send(body: unknown): Promise<{ status: number; body: unknown }> {
        const sent = this.#request("send", { origin: this.url.origin, "content-type": "application/json" });
        sent.end(JSON.stringify(body));
        const [response] = (await once(sent, "response")) as [IncomingMessage];
        const chunks = (await response.toArray()) as Buffer[];
        const text = Buffer.concat(chunks).toString();
        return { status: response.statusCode!, body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text };
    }

    #request(file: string, headers = {}): ReturnType<typeof request> {
        const method = file === "send" ? "POST" : "GET";
        return request({
            ...{ host: this.url.hostname, port: this.url.port, path: `${this.url.pathname}${file}` },
            ...{ method, headers, agent: false },
        });
    }

    #onData(text: string): void {
        const events = (this.#rest + text).split("\n\n");
        this.#rest = events.pop()!;
        for (const event of events) {
            const [, name, json] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
            if (name === "hello") this.hello = JSON.parse(json!) as Hello;
            else if (name === "update") this.#apply(JSON.parse(json!) as Update);
        }
        this.#onUpdate?.();
    }

    #apply({ totals, connections = [], messages = [], problems = [] }: Update): void {
        this.totals = totals;
        for (const row of connections) this.connections.set(row.id, row);
        this.messages.push(...messages);
        this.problems.push(...problems);
    }
}
