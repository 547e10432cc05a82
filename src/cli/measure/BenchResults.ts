import { type RecordableHistogram, createHistogram } from "node:perf_hooks";
import { formatNumber } from "../terminal/format";

/** What is sent. */
export interface Workload {
    mode: "callbacks" | "requests" | "messages";
    /** Bytes of the JSON text of each value. */
    size: number;
}

/** What was measured. */
export class BenchResults {
    readonly value: string;
    start = 0;
    messages = 0;
    #duration: number | undefined;
    readonly #times: RecordableHistogram = createHistogram();

    constructor(
        private readonly workload: Workload,
        private readonly where: string,
        private readonly parallel: number,
    ) {
        this.value = "x".repeat(workload.size - 2);
    }

    begin(): void {
        this.start = performance.now();
    }

    add(time: number): void {
        this.messages += 1;
        this.#times.record(Math.max(1, Math.round(time * 1e6)));
    }

    end(): void {
        this.#duration ??= performance.now() - this.start;
    }

    /** Milliseconds. */
    get elapsed(): number {
        return this.#duration ?? performance.now() - this.start;
    }

    toJSON(): object {
        const { mode, size } = this.workload;
        const seconds = this.elapsed / 1000;
        return {
            endpoint: this.where,
            mode,
            size,
            parallel: this.parallel,
            seconds,
            messages: this.messages,
            per_second: this.messages / seconds,
            bytes_per_second: (this.messages * size) / seconds,
            ms: this.#latency(),
        };
    }

    text(): string {
        const { mode, size } = this.workload;
        const rate = (1000 * this.messages) / this.elapsed;
        const what = mode === "messages" ? "messages" : `${mode}, answered`;
        const total = this.messages.toLocaleString("en");
        const latency = Object.entries(this.#latency()).map(([name, time]) => `${name} ${formatNumber(time)}`);
        return [
            `${this.where}: ${total} ${what}, of ${size} bytes, ${this.parallel} at a time, in ${formatNumber(this.elapsed / 1000)} s`,
            `${formatNumber(rate)} per second, ${formatNumber((rate * size) / 1e6)} MB/s`,
            `${mode === "messages" ? "until the system had them" : "until the answer"}, in ms: ${latency.join("  ")}`,
        ].join("\n");
    }

    /** Milliseconds. */
    #latency(): Record<string, number> {
        const times = this.#times;
        const at = (percent: number): number => times.percentile(percent) / 1e6;
        return { min: times.min / 1e6, p50: at(50), p90: at(90), p99: at(99), "p99.9": at(99.9), max: times.max / 1e6 };
    }
}
