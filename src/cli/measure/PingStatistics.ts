import { formatNumber } from "../terminal/format";

/** Counts pings and replies, and computes statistics of their round-trip times. */
export class PingStatistics {
    sent = 0;
    received = 0;
    #sum = 0;
    #sumOfSquares = 0;
    #min = Infinity;
    #max = 0;

    /** Adds the round-trip time of a reply, in milliseconds. */
    add(time: number): void {
        this.received += 1;
        this.#sum += time;
        this.#sumOfSquares += time * time;
        this.#min = Math.min(this.#min, time);
        this.#max = Math.max(this.#max, time);
    }

    /** Percentage of lost pings, with one decimal. */
    get lossPercent(): number {
        return this.sent === 0 ? 0 : Math.round((1000 * (this.sent - this.received)) / this.sent) / 10;
    }

    /** Round-trip times in milliseconds: minimum, mean, maximum and standard deviation, as ping(8) prints them. */
    get times(): { min: number; avg: number; max: number; mdev: number } {
        const avg = this.#sum / this.received;
        const mdev = Math.sqrt(Math.max(0, this.#sumOfSquares / this.received - avg * avg));
        return { min: this.#min, avg, max: this.#max, mdev };
    }

    toJSON(): object {
        const { sent, received, lossPercent: loss_percent } = this;
        if (received === 0) return { sent, received, loss_percent };
        const ms = Object.fromEntries(
            Object.entries(this.times).map(([name, time]) => [name, roundToMicroseconds(time)]),
        );
        return { sent, received, loss_percent, ms };
    }

    text(endpoint: string): string {
        const counts = `${endpoint}: ${this.sent} sent, ${this.received} received, ${this.lossPercent}% lost`;
        if (this.received === 0) return counts;
        const { times } = this;
        return `${counts}\n${Object.keys(times).join("/")} ${Object.values(times).map(formatNumber).join("/")} ms`;
    }
}

/** Rounds milliseconds to microseconds. Further digits are noise. */
export function roundToMicroseconds(time: number): number {
    return Math.round(time * 1000) / 1000;
}
