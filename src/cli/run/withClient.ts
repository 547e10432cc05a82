import { type ClientOptions, SockhopClient } from "../../index";
import { clientOptions, type ConnectionFlags, usesTls } from "../arguments/connectionOptions";
import { type Endpoint, formatEndpoint } from "../arguments/endpoint";
import { errorCode, explainError, explainTlsError } from "../errors";
import { abortable } from "./abortable";
import type { CommandContext } from "./runCommand";

/** Time limit for a disconnect that does not wait for pending messages. */
const DISCONNECT_TIMEOUT_MS = 500;

/** Options of {@link withClient}. */
export interface ClientSetup {
    options?: ClientOptions;
    /** Called before the client connects, to add listeners: also for errors. Default: errors are printed. */
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
    if (beforeConnect) beforeConnect(client);
    else {
        client.on("error", (error) => {
            if (!failsConnect(error)) output.printError(error);
        });
    }
    try {
        // With auto_reconnect the first attempt may fail, so there is no promise to wait for.
        if (!client.auto_reconnect) await abortable(signal, connect(client, endpoint, flags));
        const result = await work(client);
        if (flags.resume && client.connected) await abortable(signal, client.flush()); // an interruption may last
        return result;
    } finally {
        await client.disconnect(flush && !signal.aborted ? {} : { timeout: DISCONNECT_TIMEOUT_MS });
    }
}

/** True for an `error` event with the error that `connect()` rejects with, too. */
export function failsConnect(error: Error): boolean {
    return errorCode(error) === "ERR_CODEC";
}

async function connect(client: SockhopClient, endpoint: Endpoint, flags: ConnectionFlags): Promise<void> {
    try {
        await client.connect();
    } catch (error) {
        const name = formatEndpoint(endpoint);
        throw explainError(usesTls(flags) ? explainTlsError(error, name) : error, name);
    }
}

/** Resolves when the client is not connected. */
export function disconnected(client: SockhopClient): Promise<void> {
    return new Promise((resolve) => {
        if (client.connected) client.once("disconnect", () => resolve());
        else resolve();
    });
}
