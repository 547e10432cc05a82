import { Command } from "commander";
import { examples } from "../arguments/examples";
import { type NamedEndpoint, namedEndpoints } from "../run/namedEndpoints";
import { type CommandContext, runCommand } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

export function lsCommand(): Command {
    return new Command("ls")
        .description(
            "List the names that programs of this user listen on. A stale name belongs to a program that was killed; the next " +
                "program of this name replaces it.",
        )
        .summary("list the named programs of this user")
        .option("--bare", "print only the names of programs that are alive")
        .option("--json, --json-output", "print each name as a line of JSON")
        .action(runCommand(ls))
        .addHelpText(
            "after",
            examples(
                ["sockhop ls", "list all names, with their state"],
                ["for name in $(sockhop ls --bare); do sockhop ping --name $name -c 1; done", "ping all of them"],
            ),
        );
}

async function ls({ output }: CommandContext, flags: OutputFlags): Promise<number> {
    const endpoints = await namedEndpoints();
    const width = Math.max(...endpoints.map(({ name }) => name.length));
    for (const endpoint of endpoints) {
        const { name, state } = endpoint;
        if (flags.jsonOutput) output.printJson([endpoint]);
        else if (!flags.bare) output.printLine(`${name.padEnd(width)}  ${output.style(COLORS[state], state)}`);
        else if (state === "alive") output.printLine(name);
    }
    if (endpoints.length === 0 && !flags.bare && !flags.jsonOutput)
        output.printNote("no program of this user has a name");
    return 0;
}

const COLORS = { alive: "green", stale: "dim", unknown: "yellow" } as const satisfies Record<
    NamedEndpoint["state"],
    string
>;
