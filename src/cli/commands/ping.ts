import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import type { SockhopClient } from "../../index";
import { addConnectionOptions, type ConnectionFlags, rejectJson } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { durationOption, parseCount, timeLimitOption } from "../arguments/numbers";
import { Interruption } from "../errors";
import { Pinger } from "../measure/Pinger";
import { PingStatistics, roundToMicroseconds } from "../measure/PingStatistics";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { disconnected, withClient } from "../run/withClient";
import { formatNumber } from "../terminal/format";
import type { Output, OutputFlags } from "../terminal/Output";

interface Flags extends ConnectionFlags, OutputFlags {
    count: number;
    interval: number;
    timeout: number;
}

/** Called with the round-trip time of each ping, in milliseconds, or `undefined` for a lost one. */
type OnResult = (number: number, time: number | undefined) => void;

/** Limit for pings without a reply. Above it, the next ping waits. */
const MAX_PENDING = 1000;

export function pingCommand(): Command {
    const count = new Option("-c, --count <number>", "number of pings").argParser(parseCount);
    const command = new Command("ping")
        .description("Measure the round-trip time. Every sockhop peer replies to pings at once.")
        .summary("measure the round-trip time")
        .argument("[endpoint]", `address of the peer: ${ENDPOINT} (default: port 50000)`)
        .addOption(count.default(Infinity, "until Ctrl-C"))
        .addOption(durationOption("-i, --interval <duration>", "time between pings", "1s"))
        .addOption(timeLimitOption("-W, --timeout <duration>", "time limit for a reply; later the ping is lost", "4s"))
        .option("--json-output", "print lines of JSON, the last with the statistics");
    return addConnectionOptions(command, { json: false, resume: false })
        .action(runCommand(ping))
        .addHelpText(
            "after",
            examples(
                ["sockhop ping name:my-daemon", "one line per second, statistics at Ctrl-C"],
                ["sockhop ping 50000 -c 1 > /dev/null && echo alive", "check a program: exit code 0 if it replies"],
            ),
        );
}

async function ping(context: CommandContext, flags: Flags, text: string | undefined): Promise<number> {
    rejectJson(flags, "does not reply to pings: they are messages of sockhop");
    const endpoint = endpointFrom(text, flags);
    const run = (client: SockhopClient): Promise<number> => measure(client, context, flags, formatEndpoint(endpoint));
    return withClient(context, endpoint, flags, run, { flush: false });
}

async function measure(
    client: SockhopClient,
    { output, signal }: CommandContext,
    flags: Flags,
    endpoint: string,
): Promise<number> {
    const statistics = new PingStatistics();
    let finished = false;
    const onResult: OnResult = (number, time) => {
        if (finished) return; // lost because of our own disconnect
        if (time !== undefined) statistics.add(time);
        printResult(output, flags, endpoint, number, time);
    };
    const closed = disconnected(client).then(() => "closed" as const);
    let end: "done" | "closed" = "done";
    try {
        end = await abortable(signal, Promise.race([sendPings(client, flags, statistics, onResult), closed]));
    } catch (error) {
        if (!(error instanceof Interruption)) throw error;
    }
    finished = true;
    output.printLine(flags.jsonOutput ? JSON.stringify(statistics) : `\n${statistics.text(endpoint)}`);
    if (end === "closed") throw new Error("The peer closed the connection");
    return statistics.received > 0 ? 0 : 1;
}

async function sendPings(
    client: SockhopClient,
    flags: Flags,
    statistics: PingStatistics,
    onResult: OnResult,
): Promise<"done"> {
    const { socket } = client;
    const { count, interval, timeout } = flags;
    if (!socket) return "done"; // closed already
    const pinger = new Pinger(socket, flags);
    const start = performance.now();
    const pending = new Set<Promise<void>>();
    for (let number = 1; number <= count && client.connected; number++) {
        if (pending.size >= MAX_PENDING) await Promise.race(pending);
        statistics.sent = number;
        const result = pinger.ping(timeout).then((time) => {
            onResult(number, time);
            pending.delete(result);
        });
        pending.add(result);
        // Unreferenced: the socket keeps the process alive while it is open.
        if (number < count) await sleep(start + number * interval - performance.now(), undefined, { ref: false });
    }
    await Promise.all(pending);
    pinger.close();
    return "done";
}

function printResult(
    output: Output,
    { jsonOutput }: Flags,
    endpoint: string,
    number: number,
    time: number | undefined,
): void {
    if (jsonOutput) {
        output.printLine(JSON.stringify({ ping: number, ms: time === undefined ? null : roundToMicroseconds(time) }));
    } else if (time === undefined) {
        output.printLine(`ping ${number}: ${output.style("red", "no reply")}`);
    } else {
        output.printLine(`ping ${number}: reply from ${endpoint} after ${output.style("bold", formatNumber(time))} ms`);
    }
}
