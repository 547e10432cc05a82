import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { Connection } from "./Connection";
import { ignorable } from "./Outbox";

/** A client that does not read holds up those who broadcast for so many milliseconds, and no longer. */
const PATIENCE = 1000;

/** One connection that a broadcast has not reached. */
export interface Failure {
    socket: Socket;
    error: SockhopError;
}

/**
 * Sends the same frame over many connections.
 *
 * Resolves when the system has all of it, or all but what waits for clients that are behind: `PATIENCE` later it is
 * enough that one client has taken it. Where too much waits already the frame is refused, whatever `slow_consumer` says,
 * unless that is so for all.
 */
export function broadcast(connections: Connection[], frame: string): Promise<undefined[]> {
    const failures: Failure[] = [];
    const allFull = connections.every(({ outbox }) => outbox.full);
    const sent = connections.map((connection) => {
        const { outbox, socket } = connection;
        const refusal = outbox.full && !allFull ? outbox.overflow() : outbox.refusal();
        const written = refusal ? Promise.reject(refusal) : connection.write(frame);
        return written.catch((error: unknown) => {
            failures.push({ socket, error: error as SockhopError });
            return undefined;
        });
    });
    const result = patiently(sent, connections.length).then(() => {
        if (failures.length > 0) throw failed(failures, connections.length);
        return connections.map(() => undefined);
    });
    return ignorable(result);
}

/** Waits for all; after some time for one at least. */
function patiently(sent: Promise<undefined>[], count: number): Promise<unknown> {
    if (count < 2) return Promise.all(sent);
    return new Promise((resolve) => {
        const timer = setTimeout(() => {
            void Promise.race(sent).then(resolve);
        }, PATIENCE).unref();
        void Promise.all(sent).then(() => {
            clearTimeout(timer);
            resolve(undefined);
        });
    });
}

function failed(failures: Failure[], count: number): SockhopError {
    const [{ error }] = failures as [Failure];
    const message = `${failures.length} of ${count} clients did not get this: ${error.message}`;
    return Object.assign(new SockhopError(message, error.code, { cause: error }), { failures });
}
