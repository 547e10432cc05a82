import type { ClientOptions, QueueOptions, SockhopClient, SockhopServer } from "../../src";
import { client, placeOf, server } from "./pair";

/** A listening server, and a client with a queue that is not connected yet. */
export async function waiting(
    queue: true | QueueOptions = true,
    options: ClientOptions = {},
): Promise<{ s: SockhopServer; c: SockhopClient }> {
    const s = server();
    await s.listen();
    return { s, c: client({ ...placeOf(s), queue, ...options }) };
}

/** A client with a queue and no server. */
export function offline(queue: true | QueueOptions = true): SockhopClient {
    return client({ queue, port: 1 });
}

/** Codes of the rejections so far, `"resolved"` for resolved promises. Pending promises are left out. */
export function outcomes(promises: Promise<unknown>[]): unknown[] {
    const settled: unknown[] = [];
    for (const [n, promise] of promises.entries()) {
        promise.then(
            () => (settled[n] = "resolved"),
            (error: unknown) => (settled[n] = (error as { code: string }).code),
        );
    }
    return settled;
}

export const turn = (): Promise<void> => new Promise(setImmediate);
