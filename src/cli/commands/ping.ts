import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { SockhopClient } from "../../index";
import { addConnectionOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseCount, parseDuration } from "../arguments/numbers";
import { Interruption } from "../errors";
import { Pinger } from "../measure/Pinger";
import { PingStatistics } from "../measure/PingStatistics";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { disconnected, withClient } from "../run/withClient";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends ConnectionFlags, OutputFlags {
    count: number;
    interval: number;
    timeout: number;
}

/** Pings that wait for their answers; more are not sent until one of them is answered or lost. */
const MOST_UNANSWERED = 1000;

export function pingCommand(): Command {
    const command = new Command("ping")
        .description("Measure how long the other end takes to answer. Every sockhop program answers pings, at once.")
        .summary("measure how long the other end takes to answer")
        .argument("[endpoint]", `whom: ${ENDPOINT} (default: port 50000)`)
        .option("-c, --count <number>", "end after so many pings (default: at Ctrl-C)", parseCount, Infinity)
        .option("-i, --interval <duration>", "from one ping to the next", parseDuration, 1000)
        .option("-W, --timeout <duration>", "a ping that was not answered in this time is lost", parseDuration, 4000)
        .option("--json-output", "a JSON text per line, the last with the statistics");
    return addConnectionOptions(command, { json: false })
        .action(runCommand(ping))
        .addHelpText(
            "after",
            examples(
                ["sockhop ping name:my-daemon", "a line per second, statistics at Ctrl-C"],
                ["sockhop ping 50000 -c 1 > /dev/null && echo alive", "exit code 0: at least one ping was answered"],
            ),
        );
}

async function ping(context: CommandContext, flags: Flags, text: string | undefined): Promise<number> {
    const endpoint = endpointFrom(text, flags);
    return withClient(
        context,
        endpoint,
        flags,
        (client) => pingOver(client, context, flags, formatEndpoint(endpoint)),
        {
            hasty: true,
        },
    );
}

async function pingOver(client: SockhopClient, context: CommandContext, flags: Flags, where: string): Promise<number> {
    const { output, signal } = context;
    const tally = new PingStatistics(output, where, flags.jsonOutput === true);
    const gone = disconnected(client).then(() => "gone" as const);
    let ending: "done" | "gone" = "done";
    try {
        const all = pingAll(client, flags, tally);
        ending = await abortable(signal, Promise.race([all, gone]));
    } catch (error) {
        if (!(error instanceof Interruption)) throw error;
    }
    tally.print();
    if (ending === "gone") throw new Error("The other end has ended the connection");
    return tally.received > 0 ? 0 : 1;
}

async function pingAll(
    client: SockhopClient,
    { count, interval, timeout, terminator }: Flags,
    tally: PingStatistics,
): Promise<"done"> {
    const { socket } = client;
    if (!socket) return "done"; // it has ended already
    const pinger = new Pinger(socket, terminator);
    const start = performance.now();
    const answers = new Set<Promise<void>>();
    for (let number = 1; number <= count && client.connected; number++) {
        if (answers.size >= MOST_UNANSWERED) await Promise.race(answers);
        tally.sent = number;
        const answer = pinger.ping(timeout).then((time) => {
            tally.add(number, time);
            answers.delete(answer);
        });
        answers.add(answer);
        // The socket keeps the process alive, while there is one.
        if (number < count) await sleep(start + number * interval - performance.now(), undefined, { ref: false });
    }
    await Promise.all(answers);
    pinger.close();
    return "done";
}
