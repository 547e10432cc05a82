import { expect } from "chai";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { client, later, received, server, socketPath } from "../support/pair";
import { MAIN, start, environment } from "./command";

/* eslint-disable no-control-regex -- the terminal is controlled by them */

/** A command at a terminal, created by script(1) of util-linux. */
class Terminal {
    screen = "";
    readonly #child: ChildProcess;
    readonly #ended: Promise<unknown[]>;
    #printed: () => void = () => undefined;

    constructor(args: (string | number)[], env: NodeJS.ProcessEnv = {}) {
        const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
        const terminal = { TERM: "xterm-256color", COLUMNS: "80", ...env };
        this.#child = spawn("script", ["-qefc", command, "/dev/null"], { env: environment(terminal) });
        this.#ended = once(this.#child, "close");
        this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
            this.screen += text;
            this.#printed();
        });
        later(() => this.#child.kill("SIGKILL"));
    }

    type(text: string): this {
        this.#child.stdin!.write(text);
        return this;
    }

    /** Waits for a text after the one found before. */
    async sees(pattern: RegExp): Promise<this> {
        for (;;) {
            const match = pattern.exec(this.screen);
            if (match) {
                this.screen = this.screen.slice(match.index + match[0].length);
                return this;
            }
            const more = new Promise<boolean>((resolve) => (this.#printed = () => resolve(true)));
            if (!(await Promise.race([more, this.#ended.then(() => false)]))) {
                throw new Error(`${String(pattern)} was not printed: ${JSON.stringify(this.screen)}`);
            }
        }
    }

    async end(): Promise<unknown> {
        return (await this.#ended)[0];
    }
}

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const UP = "\x1b[A";

describe("at a terminal", function () {
    before(function () {
        // Other systems have a script(1) with other options, or none.
        if (!String(spawnSync("script", ["--version"]).stdout).includes("util-linux")) this.skip();
    });

    it("sockhop connect shows a prompt with a history, and prints in color", async () => {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.([value]));
        await s.listen();
        const env = { SOCKHOP_HISTORY: join(dirname(socketPath()), "history") };
        const first = new Terminal(["connect", s.get_bound_port()!], env);
        await first.sees(/connected to 127\.0\.0\.1:\d+/);
        await first.sees(/> /);
        await first.type("! 5\r").sees(/\x1b\[32m↳1\x1b\[39m \x1b\[36mArray\x1b\[39m \[ \x1b\[33m5\x1b\[39m \]/);
        await first.type('{"a\r').sees(/\x1b\[31msockhop: invalid JSON/);
        await first.type("/he").sees(/he/);
        await first.type("\t").sees(/lp/);
        await first.type("\r").sees(/this list/);
        first.type(CTRL_D);
        expect(await first.end()).to.equal(0);

        const values = received(s, 1);
        const second = new Terminal(["connect", s.get_bound_port()!], env);
        await second.sees(/> /);
        second.type(UP + UP + UP);
        await second.sees(/! 5/);
        second.type("6\r");
        expect(await values).to.deep.equal([56]);
        await second.sees(/↳1/);
        await second.type("half a line").sees(/line/);
        const line = received(s, 1);
        second.type(`${CTRL_C}a line\r`); // Ctrl-C clears the line
        expect(await line).to.deep.equal(["a line"]);
        second.type("/quit\r");
        expect(await second.end()).to.equal(0);
    });

    it("sockhop connect keeps the typed text when a message arrives", async () => {
        const s = server();
        await s.listen();
        const terminal = new Terminal(["connect", s.get_bound_port()!], { NO_COLOR: "1" });
        await terminal.sees(/> /);
        await terminal.type("half a").sees(/half a/);
        await s.sendall("something");
        await terminal.sees(/← String 'something'\r\n.*> half a/);
        const values = received(s, 1);
        terminal.type(" line\r");
        expect(await values).to.deep.equal(["half a line"]);
        await s.close();
        expect(await terminal.end()).to.equal(0);
    });

    it("sockhop listen sends typed lines, and exits at Ctrl-C", async () => {
        const path = socketPath();
        const terminal = new Terminal(["listen", path]);
        await terminal.sees(/listening on/);
        const c = client({ path });
        await c.connect();
        await terminal.sees(/#1 connected/);
        const values = received(c, 1);
        terminal.type("hello\r");
        expect(await values).to.deep.equal(["hello"]);
        terminal.type(CTRL_C);
        expect(await terminal.end()).to.equal(0);
    });

    it("sockhop listen shows the command that connects", async () => {
        const terminal = new Terminal(["listen", 0, "--json"], { NO_COLOR: "1", npm_command: "" });
        await terminal.sees(/connect with: sockhop connect \d+ --json/);
        terminal.type("/quit\r");
        expect(await terminal.end()).to.equal(0);
    });

    it("sockhop bench shows a progress bar, and removes it", async () => {
        const listening = start("listen", 0, "--echo", "--quiet");
        const terminal = new Terminal(["bench", await listening.port(), "-s", "300ms"]);
        await terminal.sees(/█+░+ \d+% {2}[\d,.]+ per second/);
        await terminal.sees(/\r\x1b\[K.*callbacks of 100 bytes/);
        expect(await terminal.end()).to.equal(0);
    });

    it("sockhop send exits with code 2 without a value", async () => {
        const terminal = new Terminal(["send", 1]);
        await terminal.sees(/sockhop: nothing to send: give values as arguments or on stdin/);
        expect(await terminal.end()).to.equal(2);
    });
});
