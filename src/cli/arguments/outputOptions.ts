import type { Command } from "commander";

export function addOutputOptions(command: Command): Command {
    return command
        .optionsGroup("Output:")
        .option("--json-output", "a JSON text per line, as in a pipe, also on a terminal")
        .option("--pretty", "for people, as on a terminal, also in a pipe")
        .option("--bare", "only the data, as JSON")
        .optionsGroup("Options:");
}
