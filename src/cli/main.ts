#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram } from "./program";
import { flushed } from "./terminal/flushed";
import { formatError } from "./terminal/formatError";

async function main(): Promise<void> {
    let outputError: NodeJS.ErrnoException | undefined; // commands have a listener of their own
    process.stdout.on("error", (error: Error) => (outputError = error));
    process.stderr.on("error", () => undefined); // an error of stderr cannot be printed
    try {
        await (await createProgram(process.argv[2])).parseAsync();
    } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        process.exitCode = error.exitCode === 0 ? 0 : 2;
        await flushed(process.stdout); // the help or the version
        if (outputError === undefined || outputError.code === "EPIPE") return; // as in `sockhop --help | head -1`
        process.stderr.write(`${formatError(outputError)}\n`);
        process.exitCode = 1;
    }
}

void main();
