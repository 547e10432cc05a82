import { expect } from "chai";
import { Running, run } from "./command";

const COMMANDS = ["listen", "connect", "send", "request", "ping", "bench", "tap", "ls", "completion"];

describe("sockhop", () => {
    it("prints its version and its commands", async () => {
        const version = await run(["--version"]);
        expect(version.stdout).to.match(/^\d+\.\d+\.\d+\S*\n$/);
        expect(version.code).to.equal(0);

        const help = await run(["--help"]);
        expect(help).to.include({ code: 0, stderr: "" });
        for (const command of COMMANDS) {
            expect(help.stdout).to.match(new RegExp(`^  ${command} .*\\w`, "m"));
        }
    });

    it("prints help with examples for each command", async () => {
        const helped = COMMANDS.map(async (command) => {
            const { code, stdout } = await run([command, "--help"]);
            expect(code).to.equal(0);
            expect(stdout).to.match(new RegExp(`^Usage: sockhop ${command} `));
            expect(stdout).to.match(new RegExp(`^Examples:\\n(  \\$ .*sockhop ${command} ?.*\\n {6}.+\\n?){2,}`, "m"));
        });
        await Promise.all(helped);
    });

    it("prints the defaults of durations with their unit", async () => {
        const ping = (await run(["ping", "--help"])).stdout.replace(/\s+/g, " ");
        expect(ping).to.include("number of pings (default: until Ctrl-C)");
        expect(ping).to.include("time between pings (default: 1s)");
        expect((await run(["send", "--help"])).stdout.replace(/\s+/g, " ")).to.include("(default: 30s)");
    });

    const wrong: [args: string[], message: RegExp][] = [
        [["sned", "5", "x"], /^unknown command 'sned' \(Did you mean send\?\) \(see sockhop --help\)$/],
        [["listen", "--ehco"], /^unknown option '--ehco' \(Did you mean --echo\?\) \(see sockhop listen --help\)$/],
        [["tap", "50001"], /^missing required argument 'target'/],
        [["ping", "-c", "0"], /Give a positive integer/],
        [["ping", "-W", "0"], /Give a duration above 0/],
        [["request", "5", "x", "--timeout", "0"], /Give a duration above 0/],
        [["send", "5", "x", "--timeout", "0ms"], /Give a duration above 0/],
        [["connect", "5", "--timeout", "0"], /Give a duration above 0/],
        [["bench", "-s", "0"], /Give a duration above 0/],
        [["bench", "-m", "songs"], /Allowed choices are callbacks, requests, messages/],
        [["bench", "--json"], /^a --json peer does not reply/],
        [["bench", "--size", "1"], /^--size/],
        [["ping", "--json"], /^a --json peer does not reply to pings/],
        [["request", "5", "x", "--json"], /^a --json peer cannot respond to a request: plain JSON has no ids/],
        [["connect", "--json", "--type", "X"], /^a --json peer cannot receive a class name$/],
        [["listen", "--echo", "--reply", "1"], /cannot be used with/],
        [["listen", "--reply", "{"], /invalid JSON/],
        [["send", "5", "--repeat", "2"], /^--repeat is for arguments/],
        [["send", "99999", "x"], /^99999 is not a port: ports end at 65535$/],
        [["listen", "nowhere"], /^"nowhere" is not an endpoint: give PORT, HOST:PORT/],
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

    it("exits with code 2 and prints one line for wrong usage", async () => {
        const refused = wrong.map(async ([args, message]) => {
            const { code, stdout, stderr } = await run(args);
            const line = args.join(" ");
            expect(stdout, line).to.equal("");
            expect(stderr, line).to.match(/^sockhop: .*\n$/);
            expect(stderr.slice("sockhop: ".length, -1), line).to.match(message);
            expect(code, line).to.equal(2);
        });
        await Promise.all(refused);
    }).timeout(120_000); // one process for each

    it("prints its help without a command", async () => {
        const { code, stdout, stderr } = await run([]);
        expect(code).to.equal(2);
        expect(stdout).to.equal("");
        expect(stderr).to.include("Usage: sockhop");
    });

    it("prints the stack of an error with NODE_DEBUG=sockhop", async () => {
        const failed = new Running(["send", "/no/such/socket", "x"], { NODE_DEBUG: "sockhop" });
        const { code, stderr } = await failed.end();
        expect(stderr).to.match(/the folder \/no\/such does not exist\n\s+at /);
        expect(code).to.equal(1);
    });

    it("colors errors only if FORCE_COLOR is set", async () => {
        const red = /^\x1b\[31msockhop: .*\x1b\[39m\n$/; // eslint-disable-line no-control-regex
        const cases = [
            [{}, false],
            [{ FORCE_COLOR: "1" }, true],
            [{ FORCE_COLOR: "0" }, false],
            [{ NO_COLOR: "1" }, false],
        ] as const;
        const checks = cases.map(async ([env, colored]) => {
            const { stderr } = await new Running(["send", "/no/such/socket", "x"], env).end();
            expect(red.test(stderr), JSON.stringify(env)).to.equal(colored);
        });
        await Promise.all(checks);
    });
});
