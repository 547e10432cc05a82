import { inspect } from "node:util";
import { wasThrown } from "./values";

/** Time limit of one operation: reached only by a fault, on a busy machine too. */
const LIMIT_MS = 30_000;

/** Unhandled errors: the process would have ended, or printed a warning. */
export class Guard {
    readonly #faults: unknown[] = [];
    readonly #restore: (() => void)[] = [];
    /** Settles at the end of the latest run. */
    running: Promise<unknown> | undefined;

    /** @param allowed - warnings of this library are expected */
    constructor(allowed = true) {
        // Errors thrown by handlers are expected to be uncaught.
        this.#listen("uncaughtException", (error) => {
            if (!wasThrown(error)) this.#faults.push(error);
        });
        this.#listen("unhandledRejection", (reason) => this.#faults.push(reason));
        this.#listen("warning", (warning) => {
            const { name } = warning as Error;
            if (!allowed || name !== "SockhopWarning") this.#faults.push(warning);
        });
    }

    /** Throws the first error. */
    check(): void {
        const faults = this.#faults.splice(0);
        if (faults.length === 0) return;
        const [fault] = faults;
        throw new Error(`Nobody caught this: ${inspect(fault)}`, {
            cause: fault,
        });
    }

    /** Restores the previous listeners of the process. */
    end(): void {
        for (const restore of this.#restore) restore();
    }

    #listen(event: string, listener: (fault: unknown) => void): void {
        const others = process.rawListeners(event) as (() => void)[];
        process.removeAllListeners(event);
        process.on(event, listener);
        this.#restore.push(() => {
            process.off(event, listener);
            for (const other of others) process.on(event, other);
        });
    }
}

/** One iteration of the event loop. */
export const turn = (): Promise<void> => new Promise(setImmediate);

/** Rejects with `complaint()` unless `promise` settles within this number of milliseconds. */
export function soon<T>(promise: Promise<T>, complaint: () => string, limit = LIMIT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(complaint())), limit);
        void promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
}

/** Runs the event loop until `done()`; rejects with `complaint()` after a timeout. */
export async function until(done: () => boolean, complaint: () => string, limit = LIMIT_MS): Promise<void> {
    for (let deadline = 0; !done(); await turn()) {
        deadline ||= performance.now() + limit;
        if (performance.now() > deadline) throw new Error(complaint());
    }
}
