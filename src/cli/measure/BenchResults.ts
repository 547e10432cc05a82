import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { formatNumber } from "../terminal/format";

/** Kind and size of the messages of a benchmark. */
export interface Workload {
    mode: "callbacks" | "requests" | "messages";
    /** Size of each value as JSON, in bytes. */
    size: number;
}

/** Counts the messages of a benchmark, and records their latency. */
export class BenchResults {
    /** Value of each message. */
    readonly value: string;
    /** Start of the measurement, as a value of `performance.now()`. */
    start = 0;
    messages = 0;
    #duration: number | undefined;
    /** Latency in nanoseconds. */
    readonly #latency: RecordableHistogram = createHistogram();

    constructor(
        private readonly workload: Workload,
        private readonly endpoint: string,
        private readonly parallel: number,
        private readonly codec = "json",
    ) {
        this.value = "x".repeat(workload.size - 2); // two bytes are the quotes
    }

    begin(): void {
        this.start = performance.now();
    }

    /** Adds a message with its latency in milliseconds. */
    add(latency: number): void {
        this.messages += 1;
        this.#latency.record(Math.max(1, Math.round(latency * 1e6)));
    }

    end(): void {
        this.#duration ??= performance.now() - this.start;
    }

    /** Duration of the measurement in milliseconds, so far or in total. */
    get elapsed(): number {
        return this.#duration ?? performance.now() - this.start;
    }

    toJSON(): object {
        const { mode, size } = this.workload;
        const seconds = this.elapsed / 1000;
        return {
            endpoint: this.endpoint,
            mode,
            size,
            parallel: this.parallel,
            codec: this.codec,
            seconds,
            messages: this.messages,
            per_second: this.messages / seconds,
            bytes_per_second: (this.messages * size) / seconds,
            ms: this.#latencies(),
        };
    }

    text(): string {
        const { mode, size } = this.workload;
        const total = this.messages.toLocaleString("en");
        const seconds = formatNumber(this.elapsed / 1000);
        const rate = (1000 * this.messages) / this.elapsed;
        const latencies = Object.entries(this.#latencies()).map(([name, time]) => `${name} ${formatNumber(time)}`);
        const codec = this.codec === "json" ? "" : `, codec ${this.codec}`;
        return [
            `${this.endpoint}: ${total} ${mode} of ${size} bytes in ${seconds} s, ${this.parallel} in flight${codec}`,
            `${formatNumber(rate)} per second, ${formatNumber((rate * size) / 1e6)} MB/s`,
            `${mode === "messages" ? "write time" : "round-trip time"} in ms: ${latencies.join("  ")}`,
        ].join("\n");
    }

    /** Latency in milliseconds, by percentile. */
    #latencies(): Record<string, number> {
        const latency = this.#latency;
        const at = (percent: number): number => latency.percentile(percent) / 1e6;
        return {
            min: latency.min / 1e6,
            p50: at(50),
            p90: at(90),
            p99: at(99),
            "p99.9": at(99.9),
            max: latency.max / 1e6,
        };
    }
}
