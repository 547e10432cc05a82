import { setTimeout as sleep } from "node:timers/promises";
import { SingleBar } from "cli-progress";
import { Command, Option } from "commander";
import type { SockhopClient } from "../../index";
import { addConnectionOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseCount, parseDuration } from "../arguments/numbers";
import { sendCall } from "../chat/calls";
import { CommandError, explainError, Interruption, UsageError } from "../errors";
import { BenchResults, type Workload } from "../measure/BenchResults";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { withClient } from "../run/withClient";
import { formatNumber } from "../terminal/format";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends ConnectionFlags, OutputFlags, Workload {
    seconds: number;
    parallel?: number;
}

/** A question that takes longer has failed. */
const PATIENCE = 10_000;

/** A string of JavaScript cannot be much longer, and its frame has to be one. */
const MAX_SIZE = 2 ** 28;

const MAX_PARALLEL = 1_000_000;

const HINT = "there has to be somebody who answers, such as: sockhop listen --echo --quiet";

export function benchCommand(): Command {
    const modes = new Option("-m, --mode <mode>", "what to send: questions, which are answered, or plain messages");
    const command = new Command("bench")
        .description(
            "Send as much as goes, and measure how much that is and how long answers take. Somebody has to be there who " +
                "answers: start `sockhop listen --echo --quiet` first, or name a program of yours.",
        )
        .summary("measure how much goes over a connection")
        .argument("[endpoint]", `whom: ${ENDPOINT} (default: port 50000)`)
        .addOption(modes.choices(["callbacks", "requests", "messages"]).default("callbacks"))
        .option("-s, --seconds <duration>", "for how long", parseDuration, 5000)
        .option("--size <bytes>", "of the value in each message, as JSON", parseCount, 100)
        .option(
            "-p, --parallel <number>",
            "sent before an earlier one is done (default: 1, of messages 1000)",
            parseCount,
        )
        .option("--json-output", "the results as a JSON text");
    return addConnectionOptions(command)
        .action(runCommand(bench))
        .addHelpText(
            "after",
            examples(
                ["sockhop bench", "one callback after the other: how long an answer takes"],
                [
                    "sockhop bench name:my-daemon -m requests -p 100",
                    "a hundred requests at a time: how many per second",
                ],
                [
                    "sockhop bench 9000 -m messages --size 10000 --json",
                    "large messages to a program that is not sockhop",
                ],
            ),
        );
}

async function bench(context: CommandContext, flags: Flags, text: string | undefined): Promise<number> {
    const { mode, size, json } = flags;
    if (json && mode !== "messages") throw new UsageError("a --json peer answers nothing: give --mode messages");
    if (size > MAX_SIZE) throw new UsageError(`--size: at most ${MAX_SIZE} bytes`);
    if ((flags.parallel ?? 0) > MAX_PARALLEL) throw new UsageError(`--parallel: at most ${MAX_PARALLEL}`);
    if (size < 2) throw new UsageError("--size: the smallest string has two bytes, its quotes");
    const endpoint = endpointFrom(text, flags);
    const where = formatEndpoint(endpoint);
    try {
        return await withClient(context, endpoint, flags, (client) => run(client, context, flags, where));
    } catch (error) {
        throw hinted(error, where);
    }
}

/** Says what is probably missing. */
function hinted(error: unknown, where: string): unknown {
    const { message, code } = explainError(error, where) as NodeJS.ErrnoException;
    const silent = /^(ECONNREFUSED|ENOENT|ERR_RESPONSE_TIMEOUT|ERR_REQUEST_(FAILED|UNHANDLED))$/.test(code ?? "");
    return silent ? new CommandError(`${message}; ${HINT}`, code, error) : error;
}

async function run(
    client: SockhopClient,
    { output, signal }: CommandContext,
    flags: Flags,
    where: string,
): Promise<number> {
    const { mode, seconds, parallel = mode === "messages" ? 1000 : 1 } = flags;
    if (seconds === 0) throw new UsageError("--seconds must be more than 0");
    const results = new BenchResults(flags, where, parallel);
    const once = (): Promise<unknown> => exchange(client, mode, results.value);
    // Whoever does not answer is found out before the measurement, and what happens only the first time is not measured.
    await abortable(signal, once());
    results.begin();
    const bar = progress(results, seconds);
    const end = results.start + seconds;
    const lane = async (): Promise<void> => {
        for (let from = performance.now(); from < end && !signal.aborted;) {
            await once();
            const to = performance.now();
            results.add(to - from);
            from = to;
        }
    };
    try {
        const lanes = Promise.all(Array.from({ length: parallel }, lane));
        await abortable(signal, Promise.race([lanes, tooLate(seconds + PATIENCE)]));
    } catch (error) {
        if (!(error instanceof Interruption) || results.messages === 0) throw error;
    } finally {
        results.end();
        bar.stop();
    }
    output.printLine(flags.jsonOutput ? JSON.stringify(results) : results.text());
    return 0;
}

/** Rejects when the peer has stopped to read: a message that it does not take is waited for without an end. */
async function tooLate(time: number): Promise<never> {
    await sleep(time, undefined, { ref: false });
    throw new Error("the other end does not read any more");
}

async function exchange(client: SockhopClient, mode: Workload["mode"], value: string): Promise<unknown> {
    if (mode === "messages") return client.send(value);
    return mode === "callbacks" ? sendCall(client, value, PATIENCE) : client.ask(value, { timeout: PATIENCE });
}

/** A bar on stderr, if that is a terminal. */
function progress(results: BenchResults, seconds: number): { stop(): void } {
    const format = "{bar} {percentage}%  {rate} per second";
    const options = { format, clearOnComplete: true, hideCursor: true, gracefulExit: false, fps: 10 };
    const bar = new SingleBar({ ...options, barCompleteChar: "█", barIncompleteChar: "░" });
    bar.start(seconds, 0, { rate: "" });
    const timer = setInterval(() => {
        const { elapsed, messages } = results;
        bar.update(Math.min(seconds, elapsed), { rate: formatNumber((1000 * messages) / elapsed) });
    }, 100);
    return {
        stop: () => {
            clearInterval(timer);
            bar.stop();
        },
    };
}
