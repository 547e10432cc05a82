import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { SockhopClient } from "../../index";
import { Pinger } from "../measure/Pinger";
import { type Context, action, departure, unless, withClient } from "../run/runCommand";
import { type ConnectionFlags, ENDPOINT, endpointOf, nameOf, withConnection } from "../arguments/endpoint";
import { Interruption } from "../errors";
import { examples } from "../arguments/examples";
import { count, duration, rounded } from "../arguments/numbers";
import type { OutputFlags, Output } from "../terminal/Output";

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
        .option("-c, --count <number>", "end after so many pings (default: at Ctrl-C)", count, Infinity)
        .option("-i, --interval <duration>", "from one ping to the next", duration, 1000)
        .option("-W, --timeout <duration>", "a ping that was not answered in this time is lost", duration, 4000)
        .option("--json-output", "a JSON text per line, the last with the statistics");
    return withConnection(command, { json: false })
        .action(action(ping))
        .addHelpText(
            "after",
            examples(
                ["sockhop ping name:my-daemon", "a line per second, statistics at Ctrl-C"],
                ["sockhop ping 50000 -c 1 > /dev/null && echo alive", "exit code 0: at least one ping was answered"],
            ),
        );
}

async function ping(context: Context, flags: Flags, text: string | undefined): Promise<number> {
    const endpoint = endpointOf(text, flags);
    return withClient(context, endpoint, flags, (client) => pingOver(client, context, flags, nameOf(endpoint)), {
        hasty: true,
    });
}

async function pingOver(client: SockhopClient, context: Context, flags: Flags, where: string): Promise<number> {
    const { screen, signal } = context;
    const tally = new PingStatistics(screen, where, flags.jsonOutput === true);
    const gone = departure(client).then(() => "gone" as const);
    let ending: "done" | "gone" = "done";
    try {
        const all = pingAll(client, flags, tally);
        ending = await unless(signal, Promise.race([all, gone]));
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

/** What has become of the pings. */
class PingStatistics {
    sent = 0;
    received = 0;
    #closed = false;
    #sum = 0;
    #squares = 0;
    #min = Infinity;
    #max = 0;

    constructor(
        private readonly screen: Output,
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
            this.screen.line(JSON.stringify({ ping: number, ms: time === undefined ? null : microseconds(time) }));
        else if (time === undefined) this.screen.line(`ping ${number}: ${this.screen.paint("red", "no answer")}`);
        else
            this.screen.line(
                `ping ${number}: answered by ${this.where} after ${this.screen.paint("bold", rounded(time))} ms`,
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
            this.screen.line(JSON.stringify({ sent, received, loss_percent: loss, ...more }));
            return;
        }
        this.screen.line(`\n${this.where}: ${sent} sent, ${received} received, ${loss}% lost`);
        if (received === 0) return;
        const shown = Object.values(times).map(rounded);
        this.screen.line(`${Object.keys(times).join("/")} ${shown.join("/")} ms`);
    }
}

/** Milliseconds, as exact as they mean something. */
function microseconds(time: number): number {
    return Math.round(time * 1000) / 1000;
}
