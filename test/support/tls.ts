import type net from "node:net";
import type tls from "node:tls";
import type { ClientOptions, ServerOptions, SockhopClient, SockhopServer } from "../../src";
import { type Identity, authority, identity } from "./certificates";
import { client, pair, placeOf, server } from "./pair";

/** Larger than the system buffers of a socket. */
export const LARGE = "é→😀".repeat(1_000_000);

/** The end that reports a missing or wrong client certificate: in TLS 1.2 before the client is connected. */
export const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

/** Returns the common name of the peer's certificate. */
export function nameOf(socket: net.Socket): string {
    return String((socket as tls.TLSSocket).getPeerCertificate().subject.CN);
}

/** Records the event names of one end, with the codes of errors. */
export function record(end: SockhopClient | SockhopServer): unknown[] {
    const log: unknown[] = [];
    end.on("connect", () => log.push("connect"));
    end.on("disconnect", () => log.push("disconnect"));
    end.on("error", (error: Error & { code?: string }) => log.push(error.code));
    return log;
}

/** Number of connections of a server in the system, in any state. */
export async function held(s: SockhopServer): Promise<number> {
    return new Promise((resolve, reject) => {
        s.server.getConnections((error, count) => {
            if (error) reject(error);
            else resolve(count);
        });
    });
}

/** Certificates of the tests, created once before the first test. */
export let ca: Identity;
/** For a server on this machine. */
export let own: Identity;
export let selfSigned: Identity;
/** For clients. */
export let alice: Identity;
export let mallory: Identity;

before("make the certificates", async () => {
    const stranger = await authority("Another authority");
    ca = await authority();
    [own, selfSigned, alice, mallory] = await Promise.all([
        identity("Server", undefined, ca),
        identity("Server"),
        identity("Alice", [], ca),
        identity("Alice", [], stranger),
    ]);
});

/** Starts a server with its certificate. Failed handshakes are expected. */
export async function secureServer(options: tls.TlsOptions = {}, more: ServerOptions = {}): Promise<SockhopServer> {
    const s = server({ ...more, ssl_options: { ...own, ...options } });
    s.on("error", () => undefined);
    await s.listen();
    return s;
}

/** Creates a client that trusts our authority. */
export function secureClient(
    s: SockhopServer,
    options: tls.ConnectionOptions = {},
    more: ClientOptions = {},
): SockhopClient {
    return client({ ...placeOf(s), ...more, ssl_options: { ca: ca.cert, ...options } });
}

/** Connects a client to a server over TLS. */
export async function securePair(options: ServerOptions = {}): ReturnType<typeof pair> {
    return pair({ ...options, ssl_options: own }, { ssl_options: { ca: ca.cert } });
}
