import type net from "node:net";
import type { SockhopClient, SockhopServer } from "../../src";
import { ObjectBuffer } from "../../src";

export type Coded = Error & { code?: string };

/** Resolves to the arguments of the next error event. (`once` from node:events would reject with it.) */
export async function reported(end: SockhopClient | SockhopServer): Promise<[error: Coded, ...unknown[]]> {
    return new Promise((resolve) => {
        end.once("error", (...args: unknown[]) => resolve(args as [Coded, ...unknown[]]));
    });
}

/** Collects all error events from now on. */
export function errorsOf(end: SockhopClient | SockhopServer): unknown[][] {
    const errors: unknown[][] = [];
    end.on("error", (...args: unknown[]) => errors.push([(args[0] as Coded).code, ...args.slice(1)]));
    return errors;
}

/** Collects all values that an end receives from now on. */
export function valuesOf(end: SockhopClient | SockhopServer): unknown[] {
    const values: unknown[] = [];
    end.on("receive", (value: unknown) => values.push(value));
    return values;
}

/** Collects the frames that a plain socket receives from now on. Starts reading at once. */
export function framesOf(socket: net.Socket): Record<string, unknown>[] {
    const buffer = new ObjectBuffer();
    const frames: Record<string, unknown>[] = [];
    socket.on("data", (chunk) => frames.push(...(buffer.buf2obj(chunk) as Record<string, unknown>[])));
    return frames;
}

/** Resolves to the arguments of the next `disconnect` before its reason, also after an error. */
export async function parted(end: SockhopClient | SockhopServer): Promise<unknown[]> {
    return new Promise((resolve) => end.once("disconnect", (...args: unknown[]) => resolve(args.slice(0, -1))));
}

/** Waits for the close of a connection, for any cause. */
export async function closed(socket: net.Socket): Promise<void> {
    if (!socket.closed) await new Promise((resolve) => socket.resume().once("close", resolve));
}
