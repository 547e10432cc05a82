import { formatNumber } from "../terminal/format";
import type { Output } from "../terminal/Output";

/** What has become of the pings. */
export class PingStatistics {
    sent = 0;
    received = 0;
    #closed = false;
    #sum = 0;
    #squares = 0;
    #min = Infinity;
    #max = 0;

    constructor(
        private readonly output: Output,
        private readonly where: string,
        private readonly json: boolean,
    ) {}

    /** @param time - milliseconds; none for a ping that is lost */
    add(number: number, time: number | undefined): void {
        if (this.#closed) return;
        if (time !== undefined) {
            this.received += 1;
            this.#sum += time;
            this.#squares += time * time;
            this.#min = Math.min(this.#min, time);
            this.#max = Math.max(this.#max, time);
        }
        if (this.json)
            this.output.printLine(JSON.stringify({ ping: number, ms: time === undefined ? null : microseconds(time) }));
        else if (time === undefined) this.output.printLine(`ping ${number}: ${this.output.style("red", "no answer")}`);
        else
            this.output.printLine(
                `ping ${number}: answered by ${this.where} after ${this.output.style("bold", formatNumber(time))} ms`,
            );
    }

    /** Prints the statistics; nothing is added any more. */
    print(): void {
        this.#closed = true;
        const { sent, received } = this;
        const loss = sent === 0 ? 0 : Math.round((1000 * (sent - received)) / sent) / 10;
        const mean = this.#sum / received;
        const mdev = Math.sqrt(Math.max(0, this.#squares / received - mean * mean));
        const times = { min: this.#min, avg: mean, max: this.#max, mdev };
        if (this.json) {
            const exact = Object.entries(times).map(([name, time]) => [name, microseconds(time)]);
            const more = received > 0 ? { ms: Object.fromEntries(exact) as typeof times } : {};
            this.output.printLine(JSON.stringify({ sent, received, loss_percent: loss, ...more }));
            return;
        }
        this.output.printLine(`\n${this.where}: ${sent} sent, ${received} received, ${loss}% lost`);
        if (received === 0) return;
        const shown = Object.values(times).map(formatNumber);
        this.output.printLine(`${Object.keys(times).join("/")} ${shown.join("/")} ms`);
    }
}

/** Milliseconds, as exact as they mean something. */
function microseconds(time: number): number {
    return Math.round(time * 1000) / 1000;
}
