import type { Packet, SockhopClient } from "../../index";

/** Sends a message with a callback, and resolves to what that is called with. */
export function sendCall(client: SockhopClient, value: unknown, timeout: number): Promise<Packet> {
    return new Promise((resolve, reject) => {
        const answered = (data: unknown, { type }: { type: string }): void => {
            resolve({ data, type });
        };
        client.send(value, answered, { timeout, failed: reject }).catch(reject);
    });
}

/** Sends a request, and gives each value of its answer to `take`, as they come; the next one when that has resolved. */
export async function sendRequest(
    client: SockhopClient,
    value: unknown,
    timeout: number,
    take: (packet: Packet) => Promise<void> | void,
): Promise<void> {
    for await (const packet of await client.request(value, { timeout })) await take(packet);
}
