import { expect } from "chai";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { server } from "../support/pair";
import { environment, MAIN } from "./command";

/** Runs a command of a shell, in which `sockhop` is the command line. */
function shell(command: string): Promise<{ code: unknown; stderr: string }> {
    const script = `sockhop() { "${process.execPath}" "${MAIN}" "$@"; }; ${command}`;
    return new Promise((resolve) => {
        execFile("bash", ["-c", script], { env: environment() }, (error, _, stderr) => {
            resolve({ code: error?.code ?? 0, stderr });
        });
    });
}

describe("output that cannot be written", function () {
    before(function () {
        if (!existsSync("/dev/full")) this.skip();
    });

    async function target(): Promise<number> {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.(value));
        s.on("request", (request, response) => void response.send(request.data));
        await s.listen();
        return s.get_bound_port()!;
    }

    it("is an error of each command", async () => {
        const port = await target();
        const commands = [
            "--help",
            "--version",
            "help send",
            "completion bash",
            `request ${port} 1`,
            `request ${port} 1 2 3`,
            `send ${port} 1 --callback`,
            `ping ${port} -c 1`,
            `bench ${port} -s 50ms`,
            `connect ${port} <<< '? 1'`,
        ];
        for (const command of commands) {
            expect(await shell(`sockhop ${command} > /dev/full`), command).to.deep.equal({
                code: 1,
                stderr: "sockhop: ENOSPC: no space left on device, write (ENOSPC)\n",
            });
        }
    });

    it("is none if there is no output, or the reader has closed the pipe", async () => {
        const port = await target();
        const silent = { code: 0, stderr: "" };
        expect(await shell(`sockhop send ${port} 1 > /dev/full`)).to.deep.equal(silent);
        for (const command of ["--help", `request ${port} 1`])
            expect(await shell(`sockhop ${command} | true; exit $PIPESTATUS`)).to.deep.equal(silent);
    });
});
