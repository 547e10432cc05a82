import { SockhopClient } from "./SockhopClient";
import { SockhopServer } from "./SockhopServer";
import type { ClientOptions, ServerOptions } from "./core/options";
import type { Protocol } from "./types";

/** How often to look again when the place is neither free nor does anybody listen there. */
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
 * Rejects as `listen()` and `connect()` do, but not because the place is taken, or was left in the very moment.
 *
 * @param options - of both; each takes what is its own
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function listen_or_connect<P extends Protocol = any>(
    options: ServerOptions & ClientOptions,
): Promise<ServerOrClient<P>> {
    for (let attempt = 1; ; attempt++) {
        const server = new SockhopServer<P>(options);
        try {
            await server.listen();
            return { server };
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
        }
        const client = new SockhopClient<P>(options);
        try {
            await client.connect();
            return { client };
        } catch (error) {
            void client.disconnect();
            if (attempt === ATTEMPTS || !NOBODY.has((error as NodeJS.ErrnoException).code)) throw error;
        }
    }
}
