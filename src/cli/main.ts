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

/** Version of the package. `package.json` is two folders above this file, and above its bundle. */
function version(): string {
    const text = readFileSync(path.join(__dirname, "../../package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}

/** Creates the command with all subcommands. */
function program(): Command {
    const program = new Command("sockhop")
        .description(
            "Exchange messages with programs that use sockhop or lines of JSON; measure and inspect their connections.",
        )
        .version(version(), "-v, --version", "print the version")
        .helpOption("-h, --help", "print this help")
        .exitOverride()
        .configureOutput({ outputError: (text, write) => write(`${usageError(text)}\n`) })
        .addHelpText(
            "after",
            examples(
                ["sockhop listen", "start a server on port 50000, and print what clients send"],
                ["sockhop connect", "connect to it, and send typed lines"],
                ["sockhop help send", "print the help of one command"],
            ) + "\n\nExit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted by Ctrl-C.",
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

/** Formats a usage error of commander as one line. */
function usageError(text: string): string {
    const message = text
        .replace(/^error: /, "")
        .replace(/\s+/g, " ")
        .trim();
    return `sockhop: ${message} (see sockhop --help)`;
}

async function main(): Promise<void> {
    // A closed pipe, as in `sockhop --help | head -1`, is no failure. Commands have a listener of their own.
    process.stdout.on("error", () => undefined);
    process.stderr.on("error", () => undefined); // an error of stderr cannot be printed
    try {
        await program().parseAsync();
    } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        process.exitCode = error.exitCode === 0 ? 0 : 2;
    }
}

void main();
