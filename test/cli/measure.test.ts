import { expect } from "chai";
import { once } from "node:events";
import { later, rawServer, received, server } from "../support/pair";
import { json, run, start } from "./command";

const TIME = "[\\d.,]+";

async function port(): Promise<number> {
    const s = server();
    await s.listen();
    return s.get_bound_port()!;
}

describe("sockhop ping", () => {
    it("prints one line per reply, and statistics", async () => {
        const where = `127.0.0.1:${await port()}`;
        const { code, stdout, stderr } = await run(["ping", where, "-c", 3, "-i", "20ms"]);
        const lines = [1, 2, 3].map((number) => `ping ${number}: reply from ${where} after ${TIME} ms\n`);
        const sums = `\n${where}: 3 sent, 3 received, 0% lost\nmin/avg/max/mdev ${TIME}/${TIME}/${TIME}/${TIME} ms\n`;
        expect(stdout).to.match(new RegExp(`^${lines.join("")}${sums}$`));
        expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    });

    it("prints lines of JSON with --json-output", async () => {
        const { code, stdout } = await run(["ping", await port(), "-c", 2, "-i", 0.02, "--json-output"]);
        const [first, second, sums] = json(stdout);
        expect(first).to.include({ ping: 1 });
        expect(second!["ms"]).to.be.above(0);
        expect(sums).to.include({ sent: 2, received: 2, loss_percent: 0 });
        const { min, avg, max } = sums!["ms"] as Record<string, number>;
        expect(min).to.be.at.most(avg!);
        expect(max).to.be.at.least(avg!);
        expect(code).to.equal(0);
    });

    it("prints statistics at Ctrl-C", async () => {
        const pinging = start("ping", await port(), "-i", "10ms", "--json-output");
        await pinging.lines(2);
        const { code, stdout } = await pinging.interrupt();
        const sums = json(stdout).at(-1)!;
        expect(sums["received"]).to.be.at.least(2);
        expect(sums["sent"]).to.be.at.least(sums["received"] as number);
        expect(code).to.equal(0);
    });

    it("exits with code 1 without a reply", async () => {
        const { port } = await rawServer();
        const { code, stdout } = await run(["ping", port, "-c", 2, "-i", "10ms", "-W", "50ms"]);
        expect(stdout).to.match(/^ping 1: no reply\nping 2: no reply\n\n.*: 2 sent, 0 received, 100% lost\n$/);
        expect(code).to.equal(1);
    });

    it("exits with code 1 at Ctrl-C without a reply", async () => {
        let pinged = (): void => undefined;
        const first = new Promise<void>((resolve) => (pinged = resolve));
        const silent = await rawServer((socket) => socket.once("data", pinged));
        const pinging = start("ping", silent.port);
        await first;
        const { code, stdout } = await pinging.interrupt();
        expect(stdout).to.match(/1 sent, 0 received, 100% lost\n$/);
        expect(code).to.equal(1);
    });

    it("exits at once at the second Ctrl-C", async () => {
        const silent = await rawServer();
        const pinging = start("ping", silent.port, "-i", "10ms", "-W", "10ms", "--json-output");
        expect((await pinging.lines(1))[0]).to.deep.equal({ ping: 1, ms: null });
        pinging.child.kill("SIGINT");
        while (!pinging.stdout.includes("sent")) await once(pinging.child.stdout!, "data");
        expect(await pinging.interrupt()).to.include({ code: 130 }); // the peer does not close its side
    });

    it("prints an error when the peer closes the connection", async () => {
        const s = server();
        await s.listen();
        const pinging = start("ping", s.get_bound_port()!, "-i", "10ms", "--json-output");
        await pinging.lines(1);
        await s.close();
        const { code, stdout, stderr } = await pinging.result();
        expect(json(stdout).at(-1)!["received"]).to.be.above(0);
        expect(stderr).to.equal("sockhop: the peer closed the connection\n");
        expect(code).to.equal(1);
    });
});

describe("sockhop bench", () => {
    it("measures callbacks and requests", async () => {
        const listening = start("listen", 0, "--echo", "--quiet");
        const target = await listening.port();
        for (const mode of ["callbacks", "requests"]) {
            const { code, stdout, stderr } = await run([
                ...["bench", target, "-m", mode, "-s", 0.1, "--size", 1000, "-p", 4, "--json-output"],
            ]);
            expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
            const results = JSON.parse(stdout) as Record<string, number>;
            expect(results).to.include({ mode, size: 1000, parallel: 4, endpoint: `127.0.0.1:${target}` });
            expect(results["seconds"]).to.be.within(0.1, 3);
            expect(results["messages"]).to.be.above(10);
            expect(results["per_second"]).to.be.closeTo(results["messages"]! / results["seconds"]!, 1);
            expect(results["bytes_per_second"]).to.be.closeTo(results["per_second"]! * 1000, 1000);
            expect(results["ms"]).to.have.keys("min", "p50", "p90", "p99", "p99.9", "max");
        }
    });

    it("measures plain messages of the size given by --size", async () => {
        const s = server({ peer_type: "json", allow_non_objects: true });
        await s.listen();
        const some = received(s, 1);
        const { code, stdout } = await run([
            ...["bench", s.get_bound_port()!, "-m", "messages", "--json", "-s", "100ms", "--size", 50],
        ]);
        expect(JSON.stringify((await some)[0])).to.have.length(50);
        expect(stdout).to.match(/^127\.0\.0\.1:\d+: [\d,]+ messages of 50 bytes in .* s, 1000 in flight\n/);
        expect(stdout).to.match(/ per second, .* MB\/s\nwrite time in ms: min .* max .*\n$/);
        expect(code).to.equal(0);
    });

    it("prints a hint if the peer does not reply", async () => {
        const hint = "start a peer that replies, for example: sockhop listen --echo --quiet";
        const s = server();
        await s.listen();
        const target = s.get_bound_port()!;
        const failed = await run(["bench", target, "-m", "requests"]);
        expect(failed.stderr).to.include(`; ${hint} (ERR_REQUEST_UNHANDLED)\n`);
        expect(failed.code).to.equal(1);
        await s.close();
        const { code, stderr } = await run(["bench", target]);
        expect(stderr).to.equal(`sockhop: no server is listening on 127.0.0.1:${target}; ${hint} (ECONNREFUSED)\n`);
        expect(code).to.equal(1);
    });

    it("prints the results so far at Ctrl-C, if there are any", async () => {
        const s = server();
        let replies = 0;
        const busy = new Promise<void>((resolve) => {
            s.on("receive", (value, { callback }) => {
                callback?.(value);
                replies += 1;
                if (replies === 100) resolve();
            });
        });
        await s.listen();
        const benching = start("bench", s.get_bound_port()!, "-s", 60, "--json-output");
        await busy;
        const { code, stdout } = await benching.interrupt();
        expect((JSON.parse(stdout) as { messages: number }).messages).to.be.above(50);
        expect(code).to.equal(0);

        s.removeAllListeners("receive");
        const call = received(s, 1);
        const failed = start("bench", s.get_bound_port()!);
        await call;
        expect(await failed.interrupt()).to.deep.equal({ code: 130, stdout: "", stderr: "" });
    });

    it("fails if nothing was measured", async () => {
        const listening = start("listen", 0, "--echo", "--quiet");
        const { code, stdout, stderr } = await run(["bench", await listening.port(), "-s", "0.00001ms"]);
        expect(stderr).to.equal("sockhop: nothing was measured: give a longer time with --seconds\n");
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    });

    it("exits with code 1 when the connection is lost", async () => {
        const s = server();
        later(() => s.close());
        let count = 0;
        s.on("receive", (value, { callback }) => {
            callback?.(value);
            count += 1;
            if (count === 100) void s.disconnect();
        });
        await s.listen();
        const { code, stderr } = await run(["bench", s.get_bound_port()!, "-s", 60]);
        expect(stderr).to.match(/\(ERR_SOCKET_DESTROYED\)\n$/);
        expect(code).to.equal(1);
    });
});
