import { expect } from "chai";
import { Running, run } from "./command";

const COMMANDS = ["listen", "connect", "send", "request", "ping", "bench", "tap"];

describe("sockhop", () => {
    it("tells its version and what it can do", async () => {
        const version = await run(["--version"]);
        expect(version.stdout).to.match(/^\d+\.\d+\.\d+\S*\n$/);
        expect(version.code).to.equal(0);

        const help = await run(["--help"]);
        expect(help).to.include({ code: 0, stderr: "" });
        for (const command of COMMANDS) {
            expect(help.stdout).to.match(new RegExp(`^  ${command} .*\\w`, "m"));
        }
    });

    it("has help with examples for each command", async () => {
        const helped = COMMANDS.map(async (command) => {
            const { code, stdout } = await run([command, "--help"]);
            expect(code).to.equal(0);
            expect(stdout).to.match(new RegExp(`^Usage: sockhop ${command} `));
            expect(stdout).to.match(new RegExp(`^Examples:\\n(  \\$ .*sockhop ${command} ?.*\\n {6}.+\\n?){2,}`, "m"));
        });
        await Promise.all(helped);
    });

    const wrong: [args: string[], message: RegExp][] = [
        [["sned", "5", "x"], /^unknown command 'sned' \(Did you mean send\?\)/],
        [["listen", "--ehco"], /^unknown option '--ehco' \(Did you mean --echo\?\)/],
        [["tap", "50001"], /^missing required argument 'target'/],
        [["ping", "-c", "0"], /Give a positive integer/],
        [["bench", "-m", "songs"], /Allowed choices are callbacks, requests, messages/],
        [["bench", "--json"], /^a --json peer does not reply/],
        [["bench", "--size", "1"], /^--size/],
        [["ping", "--json"], /^unknown option '--json'/],
        [["listen", "localhost"], /^"localhost" is not an endpoint: give PORT, HOST:PORT/],
        [["connect", "0"], /^port 0 is only valid for listening/],
        [["connect", "--name", "a", "name:b"], /not both$/],
        [["connect", "--name", "../a"], / \(ERR_BAD_OPTION\)$/],
        [["send"], /^missing endpoint/],
        [["send", "5", '{"a":'], /^invalid JSON \(.*\): {"a":$/],
        [["send", "5", "x", "--json", "--callback"], /cannot reply/],
        [["send", "5", "x", "--json", "--type", "X"], /--type/],
        [["send", "5", "x", "--cert", "a"], /^--cert and --key must be used together/],
        [["send", "5", "x", "--ca", "/no/such/file"], /^cannot read \/no\/such\/file: ENOENT/],
        [["listen", "--tls"], /^a TLS server needs --cert and --key/],
    ];

    it("refuses what makes no sense, in one line", async () => {
        const refused = wrong.map(async ([args, message]) => {
            const { code, stdout, stderr } = await run(args);
            const what = args.join(" ");
            expect(stdout, what).to.equal("");
            expect(stderr, what).to.match(/^sockhop: .*\n$/);
            expect(stderr.slice("sockhop: ".length, -1), what).to.match(message);
            expect(code, what).to.equal(2);
        });
        await Promise.all(refused);
    });

    it("shows its help to those who ask for nothing", async () => {
        const { code, stdout, stderr } = await run([]);
        expect(code).to.equal(2);
        expect(stdout).to.equal("");
        expect(stderr).to.include("Usage: sockhop");
    });

    it("shows where an error comes from to those who debug", async () => {
        const failed = new Running(["send", "/no/such/socket", "x"], { NODE_DEBUG: "sockhop" });
        const { code, stderr } = await failed.end();
        expect(stderr).to.match(/no socket at \/no\/such\/socket\n\s+at /);
        expect(code).to.equal(1);
    });

    it("colours errors only where that is wanted", async () => {
        const red = /^\x1b\[31msockhop: .*\x1b\[39m\n$/; // eslint-disable-line no-control-regex
        const cases = [
            [{}, false],
            [{ FORCE_COLOR: "1" }, true],
            [{ FORCE_COLOR: "0" }, false],
            [{ NO_COLOR: "1" }, false],
        ] as const;
        const told = cases.map(async ([env, coloured]) => {
            const { stderr } = await new Running(["send", "/no/such/socket", "x"], env).end();
            expect(red.test(stderr), JSON.stringify(env)).to.equal(coloured);
        });
        await Promise.all(told);
    });
});
