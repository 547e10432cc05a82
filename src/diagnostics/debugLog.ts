import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import process from "node:process";
import { debuglog } from "node:util";
import { messageOf, printable } from "../runtime/thrownValues";
import {
    type ConnectionDiagnostics,
    type MessageDiagnostics,
    connected,
    disconnected,
    received,
    sent,
} from "./channels";

// All copies of the library in this process share the channels, so only one copy may print.
const PRINTED = Symbol.for("sockhop.debug");

const log: { (message: string, ...values: unknown[]): void; enabled?: boolean } = debuglog("sockhop");

/**
 * Prints to stderr if `NODE_DEBUG` contains `sockhop`; otherwise `undefined`, so that nothing is computed for it. `%s` in
 * the message stands for a value, which may come from a peer.
 */
export const debug =
    // debuglog() of Bun has no `enabled`.
    (log.enabled ?? /\bsockhop\b/i.test(process.env["NODE_DEBUG"] ?? ""))
        ? (message: string, ...values: unknown[]) => {
              log(message, ...values.map(printable));
          }
        : undefined;

/** Prints connections and messages to stderr if `NODE_DEBUG` contains `sockhop`. */
export function enableDebugLog(): void {
    const shared = connected as typeof connected & { [PRINTED]?: boolean };
    if (!debug || shared[PRINTED]) return;
    shared[PRINTED] = true;
    subscribe(connected.name, (message) => {
        debug("connect %s", addressOf((message as ConnectionDiagnostics).socket));
    });
    subscribe(disconnected.name, (message) => {
        const { socket, error, reason } = message as ConnectionDiagnostics;
        const { code } = (reason ?? {}) as { code?: string };
        debug("disconnect %s, %s%s", addressOf(socket), code, error ? `: ${messageOf(error)}` : "");
    });
    for (const [channel, direction] of [
        [sent, "sent"],
        [received, "received"],
    ] as const) {
        subscribe(channel.name, (message) => {
            const { socket, type, bytes } = message as MessageDiagnostics;
            debug("%s %s, %s bytes, %s", direction, type, bytes, addressOf(socket));
        });
    }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
    return remoteAddress === undefined ? "local socket" : `${remoteAddress}:${remotePort}`;
}
