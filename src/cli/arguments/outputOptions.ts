import type { Command } from "commander";

/** Adds the options for printing values to a command. */
export function addOutputOptions(command: Command): Command {
    return command
        .optionsGroup("Output:")
        .option("--json-output", "print values as lines of JSON, also on a terminal")
        .option("--pretty", "print values in readable form, also into a pipe")
        .option("--bare", "print only the data, as JSON")
        .optionsGroup("Options:");
}
