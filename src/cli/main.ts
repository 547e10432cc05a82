#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram } from "./program";

async function main(): Promise<void> {
    // A closed pipe, as in `sockhop --help | head -1`, is no failure. Commands have a listener of their own.
    process.stdout.on("error", () => undefined);
    process.stderr.on("error", () => undefined); // an error of stderr cannot be printed
    try {
        await (await createProgram(process.argv[2])).parseAsync();
    } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        process.exitCode = error.exitCode === 0 ? 0 : 2;
    }
}

void main();
