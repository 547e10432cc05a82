import { SockhopError } from "../SockhopError";
import type { ObjectBufferOptions } from "./ObjectBuffer";

/** Options that client and server have in common. */
export interface SockhopOptions extends ObjectBufferOptions {
    /** Path of a Unix domain socket. Takes the place of address and port. */
    path?: string | null | undefined;
    /**
     * IP address or host name.
     *
     * @default "127.0.0.1"
     */
    address?: string | null | undefined;
    /**
     * TCP port.
     *
     * @default 50000
     */
    port?: number | null | undefined;
    /**
     * What the other end speaks: `"json"` for bare JSON without an envelope (no types, callbacks or answers to pings), for
     * programs that are not sockhop. Anything else means sockhop.
     *
     * @default "Sockhop"
     */
    peer_type?: string | undefined;
}

/** Options of a {@link SockhopServer}. */
export interface ServerOptions extends SockhopOptions {
    /**
     * TCP port; 0 for a free one, which {@link SockhopServer.get_bound_port} then tells.
     *
     * @default 50000
     */
    port?: number | null | undefined;
    /** Without effect on a server; accepted because sockhop 1.x documents it. */
    auto_reconnect_interval?: number | undefined;
}

/** Options of a {@link SockhopClient}. */
export interface ClientOptions extends SockhopOptions {
    /**
     * Milliseconds between attempts while `auto_reconnect` is on.
     *
     * @default 2000
     */
    auto_reconnect_interval?: number | undefined;
    /**
     * Milliseconds that an attempt to connect may take; `Infinity` to wait for as long as the system does.
     *
     * @default 5000
     */
    connect_timeout?: number | undefined;
}

/** Where to connect to, or to listen. */
export interface Place {
    path: string | null;
    address: string;
    port: number;
}

/**
 * The place that the options name. As in 1.x anything falsy means the default.
 *
 * @param anyPort - whether 0 stands for a free port
 */
export function place({ path, address, port }: SockhopOptions, anyPort: boolean): Place {
    return {
        path: path || null,
        address: address || "127.0.0.1",
        port: anyPort && port === 0 ? 0 : port || 50000,
    };
}

/** The longest time a timer of Node can run, about 25 days; a longer one would fire after 1 ms. */
const LONGEST = 2 ** 31 - 1;

/**
 * A time in milliseconds as the user gave it, made fit for a timer: `Infinity` and the like become the longest time
 * there is, anything falsy the default.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no time: negative, or not a number.
 */
export function milliseconds(name: string, value: unknown, fallback: number): number {
    const time = Number(value ?? 0);
    if (!(time >= 0)) throw new SockhopError(`${name} must be a time in milliseconds`, "ERR_BAD_OPTION");
    return Math.min(time || fallback, LONGEST);
}
