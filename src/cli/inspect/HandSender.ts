import { SockhopClient } from "../../index";
import { jsonStart } from "../../inspect/frames/jsonForm";
import { clientOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import type { Endpoint } from "../arguments/endpoint";
import { withTypeName } from "../arguments/values";
import { sendCall, sendRequest } from "../chat/calls";
import { disconnected } from "../run/withClient";

/** Milliseconds until a reply must have arrived. */
const TIMEOUT_MS = 10_000;

/** Characters of a reply that are returned; the list of messages has it, too. */
const MAX_REPLY = 2 ** 14;

/** Message that the page sends. Its members can be of any type. */
interface Typed {
    kind?: unknown;
    type?: unknown;
    data?: unknown;
}

/**
 * Sends what the user of the page has typed, over a connection of its own through the tap. So it cannot come between the
 * bytes of another connection.
 */
export class HandSender {
    readonly #options: { endpoint: Endpoint; flags: ConnectionFlags };
    #client: Promise<SockhopClient> | undefined;

    constructor(endpoint: Endpoint, { json, terminator, cert }: ConnectionFlags) {
        const flags: ConnectionFlags = {
            ...(json ? { json } : { codec: "binary" }), // the target may require it
            ...(terminator !== undefined && { terminator }),
            ...(cert !== undefined && { insecure: true }), // the certificate of the tap
        };
        this.#options = { endpoint, flags };
    }

    async send(body: unknown): Promise<unknown> {
        const { kind, type, data } = (body ?? {}) as Typed;
        const { json } = this.#options.flags;
        if (json && kind !== "message") throw new Error("a --json peer has no calls and requests");
        if (json && type !== undefined) throw new Error("a --json peer has no types");
        const value = withTypeName(data, type);
        const client = await this.#connected();
        switch (kind) {
            case "message":
                await client.send(value);
                if (!json) await client.flush({ timeout: TIMEOUT_MS }); // the target may have refused it
                return undefined;
            case "call":
                return jsonStart((await sendCall(client, value, TIMEOUT_MS)).data, MAX_REPLY).value;
            case "request": {
                const values: unknown[] = [];
                await sendRequest(client, value, TIMEOUT_MS, ({ data: part }) => {
                    if (values.length < 100) values.push(part);
                });
                return jsonStart(values, MAX_REPLY).value;
            }
            default:
                throw new Error('kind must be "message", "call" or "request"');
        }
    }

    async close(): Promise<void> {
        const client = await this.#client?.catch(() => undefined); // it has never connected
        await client?.disconnect({ timeout: 0 });
    }

    /** Returns the client, which connects again if its connection has closed. Messages in parallel share it. */
    async #connected(): Promise<SockhopClient> {
        const connecting = (this.#client ??= this.#connect());
        const client = await connecting.catch(() => undefined);
        if (client?.connected) return client;
        if (this.#client === connecting) this.#client = this.#connect();
        return await this.#client;
    }

    async #connect(): Promise<SockhopClient> {
        const { endpoint, flags } = this.#options;
        const client = new SockhopClient(clientOptions(endpoint, flags));
        client.on("error", () => undefined); // the lists of the page have it
        const codec = new Promise<void>((resolve) => client.once("codec", () => resolve()));
        await client.connect();
        // Before the codec is known, the target may still close the connection, and what was sent is lost.
        if (!flags.json) await Promise.race([codec, disconnected(client)]);
        if (!client.connected) throw new Error("the target has closed the connection");
        return client;
    }
}
