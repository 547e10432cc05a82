import type { Command } from "commander";

/** Adds the options for printing values to a command: `--time` only if the output has no times of its own. */
export function addOutputOptions(command: Command, { time = false } = {}): Command {
    command.optionsGroup("Output:");
    if (time) command.option("--time", "print the time of messages and connections (UTC)");
    return command
        .option("--json-output", "print values as lines of JSON, also on a terminal")
        .option("--pretty", "print values in readable form, also into a pipe")
        .option("--bare", "print only the data, as JSON")
        .optionsGroup("Options:");
}
