import { type ClientOptions, SockhopClient } from "../../index";
import { clientOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { type Endpoint, formatEndpoint } from "../arguments/endpoint";
import { explainError } from "../errors";
import { abortable } from "./abortable";
import type { CommandContext } from "./runCommand";

/** What a command wants of its client besides the connection. */
export interface ClientSetup {
    options?: ClientOptions;
    /** Called before it connects. */
    before?: (client: SockhopClient) => void;
    /** What is still on its way when the work is done does not matter. */
    hasty?: boolean;
}

/** Connects a client, lets it work, and disconnects it afterwards, however that ended. */
export async function withClient<T>(
    { output, signal }: CommandContext,
    endpoint: Endpoint,
    flags: ConnectionFlags,
    work: (client: SockhopClient) => Promise<T>,
    { options, before, hasty = false }: ClientSetup = {},
): Promise<T> {
    const client = new SockhopClient({ ...clientOptions(endpoint, flags), ...options });
    client.on("error", (error) => {
        output.printError(error);
    });
    before?.(client);
    try {
        // What connects by itself may do so later.
        if (!client.auto_reconnect) await abortable(signal, reach(client, endpoint));
        return await work(client);
    } finally {
        await client.disconnect(hasty || signal.aborted ? { timeout: 500 } : {});
    }
}

async function reach(client: SockhopClient, endpoint: Endpoint): Promise<void> {
    try {
        await client.connect();
    } catch (error) {
        throw explainError(error, formatEndpoint(endpoint));
    }
}

/** Resolves when the connection of a client is gone. */
export function disconnected(client: SockhopClient): Promise<void> {
    return new Promise((resolve) => {
        if (client.connected) client.once("disconnect", () => resolve());
        else resolve();
    });
}
