#!/usr/bin/env node
import { readFileSync } from "node:fs";
import path from "node:path";
import { Command, CommanderError } from "commander";
import { examples } from "./arguments/examples";
import { benchCommand } from "./commands/bench";
import { connectCommand } from "./commands/connect";
import { listenCommand } from "./commands/listen";
import { pingCommand } from "./commands/ping";
import { requestCommand } from "./commands/request";
import { sendCommand } from "./commands/send";
import { tapCommand } from "./commands/tap";

/** The version of the package, which both this file and its bundle find two folders up. */
function version(): string {
    const text = readFileSync(path.join(__dirname, "../../package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}

/** Everything that can be typed. */
function program(): Command {
    const program = new Command("sockhop")
        .description(
            "Talk to programs that use sockhop, or write lines of JSON: to try them out, and to find out what is wrong.",
        )
        .version(version(), "-v, --version", "print the version")
        .helpOption("-h, --help", "print this help")
        .exitOverride()
        .configureOutput({ outputError: (text, write) => write(`${usage(text)}\n`) })
        .addHelpText(
            "after",
            examples(
                ["sockhop listen", "a server at port 50000: prints what comes in"],
                ["sockhop connect", "a client of it: sends what you type"],
                ["sockhop help send", "more about one of the commands"],
            ) +
                "\n\nExit codes: 0 fine, 1 the work has failed, 2 the command makes no sense, 130 Ctrl-C before it was done.",
        );
    const commands = [
        listenCommand,
        connectCommand,
        sendCommand,
        requestCommand,
        pingCommand,
        benchCommand,
        tapCommand,
    ];
    for (const command of commands) program.addCommand(command().copyInheritedSettings(program));
    return program;
}

/** What commander says about wrong usage, in one line as all errors. */
function usage(text: string): string {
    const message = text
        .replace(/^error: /, "")
        .replace(/\s+/g, " ")
        .trim();
    return `sockhop: ${message} (see sockhop --help)`;
}

async function main(): Promise<void> {
    // Somebody who reads no more of the help is no failure; commands see to it themselves.
    process.stdout.on("error", () => undefined);
    process.stderr.on("error", () => undefined); // there is nobody left to tell
    try {
        await program().parseAsync();
    } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        process.exitCode = error.exitCode === 0 ? 0 : 2;
    }
}

void main();
