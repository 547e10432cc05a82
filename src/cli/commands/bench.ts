import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import type { SockhopClient } from "../../index";
import { addConnectionOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseCount, timeLimitOption } from "../arguments/numbers";
import { sendCall } from "../chat/calls";
import { CommandError, explainError, Interruption, UsageError } from "../errors";
import { BenchResults, type Workload } from "../measure/BenchResults";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { disconnected, withClient } from "../run/withClient";
import { formatNumber } from "../terminal/format";
import type { OutputFlags } from "../terminal/Output";
import { ProgressBar } from "../terminal/ProgressBar";

interface Flags extends ConnectionFlags, OutputFlags, Workload {
    seconds: number;
    parallel?: number;
}

/** Time limit for one reply. */
const REPLY_TIMEOUT_MS = 10_000;

/** Maximum size of a value. The longest string of V8 is not much longer, and a frame is one string. */
const MAX_SIZE = 2 ** 28;

const MAX_PARALLEL = 1_000_000;

const DEFAULT_PARALLEL = { callbacks: 1, requests: 1, messages: 1000 };

const HINT = "start a peer that replies, for example: sockhop listen --echo --quiet";

/** Error codes of a missing peer, or of one that does not reply. */
const NO_REPLY = /^(ECONNREFUSED|ENOENT|ERR_RESPONSE_TIMEOUT|ERR_REQUEST_(FAILED|UNHANDLED))$/;

export function benchCommand(): Command {
    const modes = new Option("-m, --mode <mode>", "send messages with a callback, requests, or plain messages");
    const command = new Command("bench")
        .description(
            "Measure throughput and latency. Needs a peer that replies: start `sockhop listen --echo --quiet` first, or use a " +
                "program of your own.",
        )
        .summary("measure throughput and latency")
        .argument("[endpoint]", `address of the peer: ${ENDPOINT} (default: port 50000)`)
        .addOption(modes.choices(["callbacks", "requests", "messages"]).default("callbacks"))
        .addOption(timeLimitOption("-s, --seconds <duration>", "duration of the measurement", "5s"))
        .option("--size <bytes>", "size of each value as JSON", parseCount, 100)
        .option(
            "-p, --parallel <number>",
            "number of messages in flight (default: 1; plain messages: 1000)",
            parseCount,
        )
        .option("--json-output", "print the results as JSON");
    return addConnectionOptions(command)
        .action(runCommand(bench))
        .addHelpText(
            "after",
            examples(
                ["sockhop bench", "one call after the other: the latency of a reply"],
                ["sockhop bench name:my-daemon -m requests -p 100", "100 requests in flight: the throughput"],
                ["sockhop bench 9000 -p 100 --codec binary", "frames of bytes, to a peer that has --codec binary too"],
                ["sockhop bench 9000 -m messages --size 10000 --json", "large messages to a program without sockhop"],
            ),
        );
}

async function bench(context: CommandContext, flags: Flags, text: string | undefined): Promise<number> {
    const { mode, size, json } = flags;
    if (json && mode !== "messages") throw new UsageError("a --json peer does not reply: use --mode messages");
    if (size > MAX_SIZE) throw new UsageError(`--size: at most ${MAX_SIZE} bytes`);
    if ((flags.parallel ?? 0) > MAX_PARALLEL) throw new UsageError(`--parallel: at most ${MAX_PARALLEL}`);
    if (size < 2) throw new UsageError("--size: at least 2 bytes, the quotes of a string");
    const endpoint = endpointFrom(text, flags);
    const name = formatEndpoint(endpoint);
    try {
        return await withClient(context, endpoint, flags, (client) => measure(client, context, flags, name));
    } catch (error) {
        throw withHint(error, name);
    }
}

/** Adds {@link HINT} to errors that a missing peer causes. */
function withHint(error: unknown, endpoint: string): unknown {
    const { message, code } = explainError(error, endpoint) as NodeJS.ErrnoException;
    return NO_REPLY.test(code ?? "") ? new CommandError(`${message}; ${HINT}`, code, error) : error;
}

async function measure(
    client: SockhopClient,
    { output, signal }: CommandContext,
    flags: Flags,
    endpoint: string,
): Promise<number> {
    const { mode, seconds: duration, parallel = DEFAULT_PARALLEL[mode] } = flags;
    if (flags.codec === "binary") await abortable(signal, agreed(client, endpoint));
    const results = new BenchResults(flags, endpoint, parallel, client.codec);
    // The first message warms up the code, and fails before the measurement if the peer does not reply.
    await abortable(signal, sendOne(client, mode, results.value));
    results.begin();
    const bar = progressBar(results, duration);
    const end = results.start + duration;
    const sendUntilEnd = async (): Promise<void> => {
        for (let from = performance.now(); from < end && !signal.aborted;) {
            await sendOne(client, mode, results.value);
            const to = performance.now();
            results.add(to - from);
            from = to;
        }
    };
    try {
        const loops = Promise.all(Array.from({ length: parallel }, sendUntilEnd));
        await abortable(signal, Promise.race([loops, rejectAfter(duration + REPLY_TIMEOUT_MS)]));
    } catch (error) {
        if (!(error instanceof Interruption) || results.messages === 0) throw error;
    } finally {
        results.end();
        bar.stop();
    }
    if (results.messages === 0) throw new Error("nothing was measured: give a longer time with --seconds");
    output.printLine(flags.jsonOutput ? JSON.stringify(results) : results.text());
    return 0;
}

/** Waits until the codec of the connection is known. The peer must have it: otherwise the measurement would be of lines. */
async function agreed(client: SockhopClient, endpoint: string): Promise<void> {
    if (client.codec === "json") await Promise.race([once(client, "codec"), disconnected(client)]);
    if (!client.connected) throw new Error("The peer closed the connection");
    if (client.codec === "json") throw new Error(`${endpoint} does not have the codec binary`);
}

/** Rejects after a time. A message to a peer that stops reading has no timeout of its own. */
async function rejectAfter(time: number): Promise<never> {
    await sleep(time, undefined, { ref: false });
    throw new Error("The peer stopped reading");
}

async function sendOne(client: SockhopClient, mode: Workload["mode"], value: string): Promise<unknown> {
    if (mode === "messages") return client.send(value);
    if (mode === "callbacks") return sendCall(client, value, REPLY_TIMEOUT_MS);
    return client.ask(value, { timeout: REPLY_TIMEOUT_MS });
}

/** Shows a progress bar on stderr if that is a terminal. */
function progressBar(results: BenchResults, duration: number): { stop(): void } {
    const bar = new ProgressBar();
    const timer = setInterval(() => {
        const { elapsed, messages } = results;
        bar.show(Math.min(1, elapsed / duration), `${formatNumber((1000 * messages) / elapsed)} per second`);
    }, 100);
    return {
        stop: () => {
            clearInterval(timer);
            bar.clear();
        },
    };
}
