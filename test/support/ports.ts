import { mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Environment of a group of processes with private TCP ports, for programs with fixed ports: published test suites
 * and printed examples.
 *
 * Another program can use any fixed port at any time. Linux assigns those from 32768 up to outgoing connections, and keeps
 * them for a minute after a connection was closed.
 *
 * @param folder - is created, and contains a file for each port on which a process of the group listens
 */
export function privatePorts(folder: string): NodeJS.ProcessEnv {
    mkdirSync(folder, { recursive: true });
    const preload = `--require ${JSON.stringify(join(__dirname, "privatePorts.js"))}`;
    const { NODE_OPTIONS: options = "" } = process.env;
    return { NODE_OPTIONS: `${options} ${preload}`.trim(), SOCKHOP_TEST_PORTS: folder };
}
