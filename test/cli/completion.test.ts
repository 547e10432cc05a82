import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { Command, Option } from "commander";
import { bashScript } from "../../src/cli/completion/bash";
import { fishScript } from "../../src/cli/completion/fish";
import { grammarOf } from "../../src/cli/completion/grammar";
import { zshScript } from "../../src/cli/completion/zsh";
import { files, run, start } from "./command";

/** True if a shell is installed. */
function has(shell: string): boolean {
    return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

/** Runs a script in a shell without the files of the user, and returns its output. */
function output(shell: string, args: string[], script: string): string {
    const { stdout, stderr } = spawnSync(shell, [...args, script], { encoding: "utf8", timeout: 60_000 });
    expect(stderr).to.equal("");
    return stdout;
}

describe("sockhop completion", () => {
    it("refuses other shells", async () => {
        const { code, stderr } = await run(["completion", "tcsh"]);
        expect(stderr).to.include("Allowed choices are bash, zsh, fish. (see sockhop completion --help)");
        expect(code).to.equal(2);
    });

    it("completes commands, options and values in bash", async function () {
        if (!has("bash")) this.skip(); // not installed
        const script = await run(["completion", "bash"]);
        expect(script).to.include({ code: 0, stderr: "" });
        const complete = (...words: string[]): string[] => {
            const line = words.map((word) => `'${word}'`).join(" ");
            const test = `${script.stdout}\nCOMP_WORDS=(sockhop ${line}); COMP_CWORD=${words.length}; _sockhop; echo "\${COMPREPLY[*]}"`;
            return output("bash", ["--norc", "-c"], test).trim().split(" ");
        };
        expect(complete("")).to.include.members(["listen", "tap", "ls", "completion", "help", "--version"]);
        expect(complete("re")).to.deep.equal(["request"]);
        expect(complete("bench", "-m", "")).to.deep.equal(["callbacks", "requests", "messages"]);
        expect(complete("send", "--codec", "")).to.deep.equal(["json", "binary"]);
        expect(complete("tap", "--cod")).to.deep.equal([""]); // it reads any codec
        expect(complete("connect", "--res")).to.deep.equal(["--resume"]);
        expect(complete("ping", "--res")).to.deep.equal([""]);
        expect(complete("listen", "--ec")).to.deep.equal(["--echo"]);
        expect(complete("request", "--js")).to.deep.equal(["--json-output"]); // --json is hidden there
        expect(complete("completion", "")).to.deep.equal(["bash", "zsh", "fish"]);
        expect(complete("help", "co")).to.deep.equal(["connect", "completion"]);
        expect(complete("tap", "--record", "a")).to.deep.equal([""]); // then bash completes files
    });

    it("completes commands, options and values in zsh", async function () {
        if (!has("zsh")) this.skip(); // not installed
        this.timeout(120_000);
        const { script } = files({ script: (await run(["completion", "zsh"])).stdout });
        const complete = (line: string, expected: string): string =>
            output(
                "zsh",
                ["-f", "-c"],
                `zmodload zsh/zpty
                zpty terminal 'TERM=dumb zsh -f -i'
                zpty -w terminal 'autoload -Uz compinit; compinit -u -D; source ${script}; echo REA''DY'
                zpty -r terminal seen '*READY*'
                zpty -w -n terminal '${line}'$'\\t\\t'
                zpty -r terminal seen '${expected}' && echo found
                zpty -d terminal`,
            ).trim();
        expect(complete("sockhop reque", "*sockhop request *")).to.equal("found");
        expect(complete("sockhop bench -m ", "*callbacks*messages*requests*")).to.equal("found");
        expect(complete("sockhop listen --ec", "*sockhop listen --echo*")).to.equal("found");
        expect(complete("sockhop completion ", "*bash*fish*zsh*")).to.equal("found");
    });

    it("completes commands, options and values in fish", async function () {
        if (!has("fish")) this.skip(); // not installed
        const { script } = files({ script: (await run(["completion", "fish"])).stdout });
        const complete = (line: string): string[] =>
            output("fish", ["--no-config", "-c"], `source ${script}; complete -C '${line}'`)
                .trim()
                .split("\n")
                .map((found) => String(found.split("\t")[0]));
        expect(complete("sockhop ")).to.include.members(["listen", "tap", "ls", "completion", "help"]);
        expect(complete("sockhop req")).to.deep.equal(["request"]);
        expect(complete("sockhop bench -m ")).to.have.members(["callbacks", "requests", "messages"]);
        expect(complete("sockhop listen --ec")).to.deep.equal(["--echo"]);
        expect(complete("sockhop completion ")).to.have.members(["bash", "zsh", "fish"]);
        expect(complete("sockhop help co")).to.have.members(["connect", "completion"]);
    });

    it("quotes descriptions for each shell", () => {
        const sub = new Command("sub").summary("it's a [sub]: $HOME").option("--text <text>", "[don't] \\n $HOME");
        const hidden = new Option("--hidden").hideHelp();
        const grammar = grammarOf(new Command("sockhop").addCommand(sub.addOption(hidden)));
        expect(grammar.commands.map(({ name }) => name)).to.deep.equal(["sub", "help"]);
        for (const [shell, script] of [
            ["bash", bashScript(grammar)],
            ["zsh", zshScript(grammar)],
            ["fish", fishScript(grammar)],
        ] as const) {
            expect(script, shell).to.include("--text".slice(2)).and.not.include("hidden");
            if (has(shell)) expect(output(shell, ["-n", "-c"], script), shell).to.equal("");
        }
    });
});

describe("sockhop ls", () => {
    it("lists the names of this user, and marks those of killed programs", async () => {
        const [alive, killed] = [start("listen", "--name", "alive-1"), start("listen", "--name", "killed")];
        await alive.note(/^listening/);
        await killed.note(/^listening/);
        await killed.interrupt("SIGKILL");
        const env = { code: 0, stderr: "" };
        expect((await run(["ls"])).stdout).to.match(/^alive-1 {2}alive\nkilled {3}stale\n$/m);
        expect(await run(["ls", "--bare"])).to.include({ ...env, stdout: "alive-1\n" });
        const { stdout } = await run(["ls", "--json"]);
        const found = stdout
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(found.map(({ name, state }) => [name, state])).to.deep.equal([
            ["alive-1", "alive"],
            ["killed", "stale"],
        ]);
        expect(found[1]!["path"]).to.match(/killed\.sock$/);
        expect((await run(["ls"])).stdout).to.include("killed"); // it removes nothing
    });

    it("leaves out the sockets of inspectors", async () => {
        const inspector = start("listen", "--name", "watched.inspect");
        await inspector.note(/^listening/);
        const { code, stdout } = await run(["ls"]);
        expect(stdout).to.not.include("watched");
        expect(code).to.equal(0);
    });

    it("does not end a program that waits for one client", async () => {
        const listening = start("listen", "--name", "once", "--once");
        await listening.note(/^listening/);
        expect((await run(["ls", "--bare"])).stdout).to.match(/^once$/m);
        await listening.note(/^#1 disconnected/);
        expect(await run(["send", "name:once", "hello"])).to.include({ code: 0 });
        const { code, stdout } = await listening.result();
        expect(stdout).to.include('"hello"');
        expect(code).to.equal(0);
    });
});
