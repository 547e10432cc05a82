import type { Packet, SockhopClient } from "../../index";

/** Sends a message with a callback, and resolves to the reply. */
export function sendCall(client: SockhopClient, value: unknown, timeout: number): Promise<Packet> {
    return new Promise((resolve, reject) => {
        const onReply = (data: unknown, { type }: { type: string }): void => {
            resolve({ data, type });
        };
        client.send(value, onReply, { timeout, failed: reject }).catch(reject);
    });
}

/** Sends a request, and passes each value of the response to `onValue`. Waits for its promise before the next value. */
export async function sendRequest(
    client: SockhopClient,
    value: unknown,
    timeout: number,
    onValue: (packet: Packet) => Promise<void> | void,
): Promise<void> {
    for await (const packet of await client.request(value, { timeout })) await onValue(packet);
}
