import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { examples } from "./arguments/examples";

/** Commands by name, in the order of the help. Each is loaded when it is needed: most need the library, the help needs none. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
    listen: async () => (await import("./commands/listen.js")).listenCommand(),
    connect: async () => (await import("./commands/connect.js")).connectCommand(),
    send: async () => (await import("./commands/send.js")).sendCommand(),
    request: async () => (await import("./commands/request.js")).requestCommand(),
    ping: async () => (await import("./commands/ping.js")).pingCommand(),
    bench: async () => (await import("./commands/bench.js")).benchCommand(),
    tap: async () => (await import("./commands/tap.js")).tapCommand(),
    inspect: async () => (await import("./commands/inspect.js")).inspectCommand(),
    ls: async () => (await import("./commands/ls.js")).lsCommand(),
    completion: async () => (await import("./commands/completion.js")).completionCommand(() => createProgram()),
};

/**
 * Creates the command `sockhop` with its subcommands.
 *
 * @param name - the only subcommand that is needed. All are loaded if there is none of this name.
 */
export async function createProgram(name = ""): Promise<Command> {
    const program = new Command("sockhop")
        .description(
            "Exchange messages with programs that use sockhop or lines of JSON; measure and inspect their connections.",
        )
        .version(version(), "-v, --version", "print the version")
        .helpOption("-h, --help", "print this help")
        .exitOverride()
        .addHelpText(
            "after",
            examples(
                ["sockhop listen", "start a server on port 50000, and print what clients send"],
                ["sockhop connect", "connect to it, and send typed lines"],
                ["sockhop help send", "print the help of one command"],
            ) + "\n\nExit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted by Ctrl-C.",
        );
    printErrorsOf(program, "sockhop");
    const needed = Object.hasOwn(COMMANDS, name) ? [name] : Object.keys(COMMANDS);
    for (const each of needed) {
        const command = (await COMMANDS[each]?.())?.copyInheritedSettings(program);
        if (command) program.addCommand(printErrorsOf(command, `sockhop ${each}`));
    }
    return program;
}

/** Prints usage errors of commander as one line that names the help of the command. */
function printErrorsOf(command: Command, name: string): Command {
    return command.configureOutput({
        outputError: (text, write) => {
            const message = text
                .replace(/^error: /, "")
                .replace(/\s+/g, " ")
                .trim();
            write(`sockhop: ${message} (see ${name} --help)\n`);
        },
    });
}

/** Version of the package. `package.json` is two folders above this file, and above its bundle. */
function version(): string {
    const text = readFileSync(path.join(__dirname, "../../package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}
