import type { ClientOptions } from "./client/ClientOptions";
import { SockhopClient } from "./client/SockhopClient";
import type { ClassesOf, Protocol } from "./Protocol";
import type { ServerOptions } from "./server/ServerOptions";
import { SockhopError } from "./SockhopError";
import { SockhopServer } from "./server/SockhopServer";
import type { SockhopSession } from "./server/SockhopSession";

/** Number of attempts while the address is in use, but refuses connections. */
const MAX_ATTEMPTS = 5;

/** Error codes of an address without a server, or with one that is closing. */
const NO_SERVER_CODES: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOENT", "ECONNRESET"]);

/** Result of {@link listen_or_connect}: the server, or a client of it. */
export type ServerOrClient<
    P extends Protocol = any, // eslint-disable-line @typescript-eslint/no-explicit-any -- without a protocol every value is `any`
    S extends SockhopSession<P> = SockhopSession<P>,
    C extends ClassesOf<P> = ClassesOf<P>,
> = { server: SockhopServer<P, S, C>; client?: undefined } | { client: SockhopClient<P, C>; server?: undefined };

/**
 * Starts a server, or connects to the running one, for daemons that must run once. The first process that calls this
 * for a `name` (or `path`, or `port`) gets a listening server. Other processes get a connected client.
 *
 * When the server closes, no client replaces it. Call this again to start a new one.
 *
 * Rejects like `connect()` and `listen()`, except if no server is listening yet, or if another process has just started
 * to listen.
 *
 * @param options - options of server and client; each ignores those of the other. Rejects with `ERR_BAD_OPTION` for `servers`
 */
export async function listen_or_connect<
    P extends Protocol = any, // eslint-disable-line @typescript-eslint/no-explicit-any -- without a protocol
    S extends SockhopSession<P> = SockhopSession<P>,
    C extends ClassesOf<P> = ClassesOf<P>,
>(options?: (ServerOptions<P, S, C> & ClientOptions<P, C>) | null): Promise<ServerOrClient<P, S, C>> {
    if (options?.servers) {
        throw new SockhopError("listen_or_connect() has one address: it excludes the option servers", "ERR_BAD_OPTION");
    }
    for (let attempt = 1; ; attempt++) {
        // Connects first: usually a server is running, and the probe of `listen()` would be one more connection to it.
        const client = new SockhopClient<P, C>(options);
        let reset: unknown;
        try {
            await client.connect();
            return { client };
        } catch (error) {
            await client.disconnect({ timeout: 0 });
            const { code } = error as NodeJS.ErrnoException;
            if (!NO_SERVER_CODES.has(code)) throw error;
            if (code === "ECONNRESET") reset = error;
        }
        const server = new SockhopServer<P, S, C>(options);
        try {
            await server.listen();
            return { server };
        } catch (error) {
            await server.close();
            // In use: another process was faster, or is closing. Try to connect again.
            if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
            // A server that closes each connection has a reason, such as other TLS options.
            if (attempt === MAX_ATTEMPTS) throw reset ?? error;
        }
    }
}
