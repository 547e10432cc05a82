import { Timer } from "../../runtime/clock";
import type { Resumption } from "./Resumption";

/** Longest time between a received frame and its acknowledgement, in milliseconds. */
const MAX_DELAY_MS = 100;

/** Connection that acknowledges what it receives. */
export interface Recipient {
    readonly resumption: Resumption | undefined;
    readonly bytesReceived: number;
    /** Acknowledges all received frames. Returns false if that is not possible now. */
    sendReceipt(): boolean;
}

/**
 * Counts the received frames of the connections of an endpoint, and acknowledges them: after a number of frames or bytes, and
 * otherwise after a short time. One timer for all connections: a timer for each message would cost more than the message.
 */
export class Receipts {
    readonly #planned = new Set<Recipient>();
    #timer: Timer | undefined;

    /** Counts a frame that is about to be handled. */
    onFrame(connection: Recipient, resumption: Resumption): void {
        resumption.received += 1;
        const isDue = resumption.isReceiptDue(connection.bytesReceived);
        if (isDue && connection.sendReceipt() && !resumption.owesReceipt) return;
        if (!resumption.isReceiptPlanned) this.#plan(connection, resumption);
    }

    /** Forgets a connection. */
    delete(connection: Recipient): void {
        if (connection.resumption) connection.resumption.isReceiptPlanned = false;
        if (!this.#planned.delete(connection) || this.#planned.size > 0) return;
        this.#timer?.clear();
        this.#timer = undefined;
    }

    #plan(connection: Recipient, resumption: Resumption): void {
        resumption.isReceiptPlanned = true;
        this.#planned.add(connection);
        if (this.#timer?.isCurrent) return;
        this.#timer?.clear();
        this.#timer = new Timer(() => {
            this.#timer = undefined;
            this.#sendAll();
        }, MAX_DELAY_MS).unref();
    }

    #sendAll(): void {
        const planned = [...this.#planned];
        this.#planned.clear();
        for (const connection of planned) {
            const { resumption } = connection;
            if (!resumption) continue;
            resumption.isReceiptPlanned = false;
            if (resumption.isOver || resumption.interruption || !resumption.owesReceipt) continue;
            if (!connection.sendReceipt()) this.#plan(connection, resumption);
        }
    }
}
