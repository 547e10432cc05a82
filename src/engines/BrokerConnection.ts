import type { SockhopError } from "../index";
import { throwLater } from "../emitter/emitSafely";
import { Timer } from "../runtime/clock";
import type { BrokerErrors } from "./BrokerErrors";

/** Functions of the owner of a connection, which get what it receives and its end. */
interface Owner {
    heard: (topic: string, text: string) => void;
    lost: (error: Error) => void;
}

/**
 * One connection to a broker, from the attempt to its end, which comes once. Client libraries call back late, twice or
 * never; here each promise settles, and the owner hears nothing before the start or after the end.
 */
export class BrokerConnection {
    readonly #owner: Owner;
    readonly #errors: BrokerErrors;
    #state: "connecting" | "open" | "ended" = "connecting";
    #reason: SockhopError | undefined;
    /** Rejects the promises that have not settled yet. */
    readonly #pending = new Set<(error: SockhopError) => void>();
    readonly #cleanups: (() => unknown)[] = [];
    readonly #cleaning: Promise<void>[] = [];

    constructor(owner: Owner, errors: BrokerErrors) {
        this.#owner = owner;
        this.#errors = errors;
    }

    get hasEnded(): boolean {
        return this.#state === "ended";
    }

    /** Runs at the end of the connection; at once if it has ended. */
    onEnd(cleanup: () => unknown): void {
        if (this.hasEnded) this.#clean(cleanup);
        else this.#cleanups.push(cleanup);
    }

    /** Settles as `promise` does, or rejects at the end of the connection. */
    settle<T>(promise: Promise<T>): Promise<T> {
        return new Promise<T>((resolve, reject) => {
            const abandon = (): void => reject(this.endError());
            if (this.hasEnded) abandon();
            else this.#pending.add(abandon);
            promise.then(
                (value) => {
                    this.#pending.delete(abandon);
                    resolve(value);
                },
                (error: unknown) => {
                    this.#pending.delete(abandon);
                    reject(this.#errors.from(error));
                },
            );
        });
    }

    /**
     * Runs the two steps of an attempt to connect. If one fails, or takes too long, the connection ends.
     *
     * @param timeout - of each step, in milliseconds
     * @param create - creates a client, which ends with the connection
     * @param use - connects it, and subscribes
     * @returns the result of `use`
     */
    async open<C, R>(timeout: number, create: () => Promise<C>, use: (client: C) => Promise<R>): Promise<R> {
        try {
            const client = await this.#within(timeout, create());
            const result = await this.#within(timeout, use(client));
            if (this.hasEnded) throw this.endError();
            this.#state = "open";
            return result;
        } catch (error) {
            const reason = this.#errors.from(error);
            this.#end(reason);
            throw reason;
        }
    }

    /** Adds a time limit. The timers of the client library, which have begun before, fire first. */
    async #within<T>(timeout: number, step: Promise<T>): Promise<T> {
        const timer = new Timer(() => this.#end(this.#errors.from(`no connection within ${timeout} ms`)), timeout);
        try {
            return await this.settle(step);
        } finally {
            timer.clear();
        }
    }

    /** Passes on a message. */
    hear(topic: string, text: string): void {
        if (this.#state !== "open") return;
        try {
            this.#owner.heard(topic, text);
        } catch (error) {
            throwLater(error); // thrown here, it would damage the state of the client library
        }
    }

    /** Ends the connection because the broker, or something between, has ended it. */
    lose(error: unknown): void {
        const wasOpen = this.#state === "open";
        if (this.hasEnded) return;
        const reason = this.#errors.from(error);
        this.#end(reason);
        if (!wasOpen) return;
        try {
            this.#owner.lost(reason);
        } catch (thrown) {
            throwLater(thrown);
        }
    }

    /** Ends the connection because its owner wants it. Resolves when the client library has cleaned up. */
    async close(): Promise<void> {
        this.#end(this.#errors.from("the connection was closed"));
        await Promise.all(this.#cleaning);
    }

    /** Error of an operation after the end. */
    endError(): SockhopError {
        return this.#reason ?? this.#errors.from("the connection has ended");
    }

    #end(reason: SockhopError): void {
        if (this.hasEnded) return;
        this.#state = "ended";
        this.#reason = reason;
        for (const cleanup of this.#cleanups.splice(0).reverse()) this.#clean(cleanup);
        for (const abandon of this.#pending) abandon(reason);
        this.#pending.clear();
    }

    /** Runs a cleanup. Its failure is of no interest: client libraries refuse to end what has ended. */
    #clean(cleanup: () => unknown): void {
        const run = async (): Promise<void> => {
            await cleanup();
        };
        this.#cleaning.push(run().catch(() => undefined));
    }
}
