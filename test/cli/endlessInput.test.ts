import { expect } from "chai";
import { Readable } from "node:stream";
import { client, server } from "../support/pair";
import { type Running, start } from "./command";

/** Writes a line to stdin again and again. */
function typeEndlessly(running: Running, line: string): Running {
    const lines = Readable.from(
        (function* () {
            for (;;) yield `${line}\n`.repeat(1000);
        })(),
    );
    lines.pipe(running.child.stdin!);
    running.child.once("exit", () => lines.destroy());
    return running;
}

describe("endless input", () => {
    async function echoing(): Promise<number> {
        const s = server();
        s.on("request", (request, response) => void response.send(request.data));
        await s.listen();
        return s.get_bound_port()!;
    }

    it("does not keep sockhop connect alive after Ctrl-C", async () => {
        const connecting = typeEndlessly(start("connect", await echoing()), "? hi");
        await connecting.lines(1);
        expect(await connecting.interrupt()).to.include({ code: 130, stderr: "" });
    });

    it("does not keep sockhop connect alive when the reader of its output has closed the pipe", async () => {
        const connecting = typeEndlessly(start("connect", await echoing()), "? hi");
        await connecting.lines(1);
        connecting.child.stdout!.destroy();
        expect(await connecting.result()).to.include({ code: 0, stderr: "" });
    });

    it("does not keep sockhop listen alive after Ctrl-C", async () => {
        const listening = typeEndlessly(start("listen", 0), "hi");
        const c = client({ port: await listening.port() });
        const first = new Promise((resolve) => c.once("receive", resolve));
        await c.connect();
        await first;
        expect(await listening.interrupt()).to.include({ code: 0 });
    });
});
