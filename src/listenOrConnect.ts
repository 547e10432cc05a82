import type { ServerOptions } from "./server/ServerOptions";
import type { ClientOptions } from "./client/ClientOptions";
import { SockhopClient } from "./client/SockhopClient";
import { SockhopServer } from "./server/SockhopServer";
import type { Protocol } from "./Protocol";

/** How often to look when the place is neither free nor does anybody listen there. */
const ATTEMPTS = 5;

/** Codes of a place at which nobody listens (any more). */
const NOBODY: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOENT", "ECONNRESET"]);

/** What has become of this process: the one that serves, or one of those that use it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol everything is loose
export type ServerOrClient<P extends Protocol = any> =
    { server: SockhopServer<P>; client?: undefined } | { client: SockhopClient<P>; server?: undefined };

/**
 * For daemons that must run once: the first process that calls this for a name (or a path, or a port) becomes the server,
 * which listens when the promise resolves; all others get a client, which is connected then.
 *
 * Nobody takes the place of a server that ends: call it again for that.
 *
 * Rejects as `connect()` and `listen()` do, but not because nobody listens yet, or somebody has just begun to.
 *
 * @param options - of both; each takes what is its own
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function listen_or_connect<P extends Protocol = any>(
    options?: (ServerOptions & ClientOptions) | null,
): Promise<ServerOrClient<P>> {
    for (let attempt = 1; ; attempt++) {
        // First, since that is the usual case, and a server that is found alive by listen() would see one connection more.
        const client = new SockhopClient<P>(options);
        try {
            await client.connect();
            return { client };
        } catch (error) {
            await client.disconnect({ timeout: 0 });
            if (!NOBODY.has((error as NodeJS.ErrnoException).code)) throw error;
        }
        const server = new SockhopServer<P>(options);
        try {
            await server.listen();
            return { server };
        } catch (error) {
            await server.close();
            // Another process was quicker, or has just closed.
            if (attempt === ATTEMPTS || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
        }
    }
}
