/** One message that a program has sent. */
export interface Item {
    readonly n: number;
    /** Connection that it was sent over, as its sender numbers them; `undefined` if it was sent without one. */
    readonly origin: number | undefined;
    /** True if a receiver may be left out: a broadcast passes over clients that do not read. */
    readonly isOptional: boolean;
    /** True if a handler of `connect` has sent it beside a queue: it comes before all others of its connection. */
    isFirst: boolean;
    /** Code of its rejection, or "sent". */
    outcome: string | undefined;
    isRequest: boolean;
    /** True if it was refused at once, by a connection that had ended: it was never one of the unacknowledged messages. */
    isRefused: boolean;
}

/** The message was not sent, or it was lost with its connection. */
const LOST = "ERR_SOCKET_DESTROYED";

/** All messages of one direction, and what has arrived of them. */
export class Ledger {
    readonly items: Item[] = [];
    /** True if an end that drains may have refused requests. */
    refusesRequests = false;
    /** By the number of the connection at the receiver. */
    readonly #received = new Map<number, number[]>();
    readonly #all = new Set<number>();

    constructor(readonly name: string) {}

    send(origin: number | undefined, isOptional = false): Item {
        const item = {
            n: this.items.length,
            origin,
            isOptional,
            isFirst: false,
            outcome: undefined,
            isRequest: false,
            isRefused: false,
        };
        this.items.push(item);
        return item;
    }

    /** Records a rejection of a message of any direction. */
    reject(item: Item, { code, unacknowledged }: { code?: string; unacknowledged?: number }): void {
        item.outcome ??= code;
        item.isRefused = code === LOST && unacknowledged === undefined;
    }

    receive(connection: number, n: unknown): void {
        const list = this.#received.get(connection) ?? [];
        this.#received.set(connection, list);
        const item = this.items[n as number];
        if (typeof n !== "number" || item === undefined) throw new Error(`${this.name}: what is ${String(n)}?`);
        if (this.#all.has(n)) throw new Error(`${this.name}: ${n} has come twice`);
        const last = this.items[list.at(-1) ?? -1];
        if (last && isBefore(item, last)) throw new Error(`${this.name}: ${n} has come after ${last.n}`);
        this.#all.add(n);
        list.push(n);
    }

    /** Number of messages of a connection of the sender that have not arrived. */
    lost(origin: number): number {
        return this.#missing(origin, Infinity).filter((n) => !this.items[n]!.isRefused).length;
    }

    /** Throws an error if messages are missing, or have come over two connections. */
    check(): void {
        const receivers = new Map<number, number>();
        for (const [connection, list] of this.#received) {
            const origins = new Set(list.map((n) => this.items[n]!.origin).filter((origin) => origin !== undefined));
            if (origins.size > 1)
                throw new Error(`${this.name}: ${connection} has got messages of ${[...origins].join()}`);
            const unsent = list.find((n) => ![undefined, "sent", LOST].includes(this.items[n]!.outcome));
            if (unsent !== undefined) throw new Error(`${this.name}: ${unsent} has come, and was rejected`);
            const [origin] = origins;
            if (origin === undefined) continue;
            if (receivers.has(origin))
                throw new Error(`${this.name}: messages of ${origin} have come over two connections`);
            receivers.set(origin, connection);
            const missing = this.#missing(origin, list.at(-1)!);
            if (missing.length > 0) throw new Error(`${this.name}: ${missing.join()} is missing before ${list.at(-1)}`);
        }
    }

    /** Throws an error unless all messages of a connection of the sender have arrived. */
    assertComplete(origin: number): void {
        const missing = this.#missing(origin, Infinity);
        if (missing.length > 0) throw new Error(`${this.name}: ${missing.join()} of ${origin} are lost`);
    }

    #isOptional({ isOptional, isRequest }: Item): boolean {
        return isOptional || (isRequest && this.refusesRequests);
    }

    #missing(origin: number, last: number): number[] {
        return this.items
            .filter(
                (item) => item.origin === origin && item.n < last && !this.#isOptional(item) && !this.#all.has(item.n),
            )
            .filter(({ outcome }) => outcome === undefined || outcome === "sent" || outcome === LOST)
            .map(({ n }) => n);
    }
}

/** True if an item has to arrive before another one of its connection. */
function isBefore(item: Item, other: Item): boolean {
    return item.isFirst === other.isFirst ? item.n < other.n : item.isFirst;
}
