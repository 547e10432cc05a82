import { type ClientOptions, SockhopClient } from "../../index";
import { clientOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { type Endpoint, formatEndpoint } from "../arguments/endpoint";
import { explainError } from "../errors";
import { abortable } from "./abortable";
import type { CommandContext } from "./runCommand";

/** Time limit for a disconnect that does not wait for pending messages. */
const DISCONNECT_TIMEOUT_MS = 500;

/** Options of {@link withClient}. */
export interface ClientSetup {
    options?: ClientOptions;
    /** Called before the client connects. */
    beforeConnect?: (client: SockhopClient) => void;
    /** If false, the disconnect does not wait for pending messages. Default: true. */
    flush?: boolean;
}

/** Connects a client, passes it to `work`, and disconnects it when that has settled. */
export async function withClient<T>(
    { output, signal }: CommandContext,
    endpoint: Endpoint,
    flags: ConnectionFlags,
    work: (client: SockhopClient) => Promise<T>,
    { options, beforeConnect, flush = true }: ClientSetup = {},
): Promise<T> {
    const client = new SockhopClient({ ...clientOptions(endpoint, flags), ...options });
    client.on("error", (error) => {
        output.printError(error);
    });
    beforeConnect?.(client);
    try {
        // With auto_reconnect the first attempt may fail, so there is no promise to wait for.
        if (!client.auto_reconnect) await abortable(signal, connect(client, endpoint));
        return await work(client);
    } finally {
        await client.disconnect(flush && !signal.aborted ? {} : { timeout: DISCONNECT_TIMEOUT_MS });
    }
}

async function connect(client: SockhopClient, endpoint: Endpoint): Promise<void> {
    try {
        await client.connect();
    } catch (error) {
        throw explainError(error, formatEndpoint(endpoint));
    }
}

/** Resolves when the client is not connected. */
export function disconnected(client: SockhopClient): Promise<void> {
    return new Promise((resolve) => {
        if (client.connected) client.once("disconnect", () => resolve());
        else resolve();
    });
}
