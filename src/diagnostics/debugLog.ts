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

/** Prints connections and messages to stderr if `NODE_DEBUG` contains `sockhop`. */
export function enableDebugLog(): void {
    const debug: { (message: string, ...values: unknown[]): void; enabled?: boolean } = debuglog("sockhop");
    // debuglog() of Bun has no `enabled`.
    const isEnabled = debug.enabled ?? /\bsockhop\b/i.test(process.env["NODE_DEBUG"] ?? "");
    const shared = connected as typeof connected & { [PRINTED]?: boolean };
    if (!isEnabled || shared[PRINTED]) return;
    shared[PRINTED] = true;
    subscribe(connected.name, (message) => {
        debug("connect %s", addressOf((message as ConnectionDiagnostics).socket));
    });
    subscribe(disconnected.name, (message) => {
        const { socket, error } = message as ConnectionDiagnostics;
        debug("disconnect %s%s", addressOf(socket), error ? `: ${printable(messageOf(error))}` : "");
    });
    for (const [channel, direction] of [
        [sent, "sent"],
        [received, "received"],
    ] as const) {
        subscribe(channel.name, (message) => {
            const { socket, type, bytes } = message as MessageDiagnostics;
            debug("%s %s, %d bytes, %s", direction, printable(type), bytes, addressOf(socket));
        });
    }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
    return remoteAddress === undefined ? "local socket" : `${remoteAddress}:${remotePort}`;
}
