import { expect } from "chai";
import type { SockhopServer } from "../../src";
import { authority, identity } from "../support/certificates";
import { rawServer, received, server, socketPath } from "../support/pair";
import { files, json, run, start } from "./command";

/** A listening server, and the values that it receives. */
async function listener(
    options = {},
): Promise<{ s: SockhopServer; port: number; got: [type: string, data: unknown][] }> {
    const s = server(options);
    const got: [string, unknown][] = [];
    s.on("error", () => undefined); // from clients that do not trust its certificate
    s.on("receive", (value: unknown, { type, callback }) => {
        got.push([type, value]);
        callback?.({ got: value });
    });
    await s.listen();
    return { s, port: s.get_bound_port()!, got };
}

describe("sockhop send", () => {
    it("sends its arguments, with the class name of --type", async () => {
        const { port, got } = await listener();
        const silent = { code: 0, stdout: "", stderr: "" };
        expect(await run(["send", port, '{"a":1}', "-5", "two words", '"5"', "[]"])).to.deep.equal(silent);
        expect(await run(["send", `localhost:${port}`, "--type", "Widget", '{"color":"red"}', "7"])).to.deep.equal(
            silent,
        );
        expect(got).to.deep.equal([
            ["Object", { a: 1 }],
            ["Number", -5],
            ["String", "two words"],
            ["String", "5"],
            ["Array", []],
            ["Widget", { color: "red" }],
            ["Widget", 7],
        ]);
    });

    it("sends piped lines up to an invalid one", async () => {
        const { port, got } = await listener();
        const { code, stderr } = await run(["send", port], "1", "", "2", "[3", "4");
        expect(got).to.deep.equal([
            ["Number", 1],
            ["Number", 2],
        ]);
        expect(stderr).to.match(/^sockhop: line 4: invalid JSON \(.*\): \[3\n$/);
        expect(code).to.equal(1);
    });

    it("repeats its arguments, with an interval between values", async () => {
        const { port, got } = await listener();
        const start = performance.now();
        const repeated = await run(["send", port, "1", "2", "--repeat", "2", "--interval", "20ms"]);
        expect(repeated).to.include({ code: 0, stderr: "" });
        expect(performance.now() - start).to.be.above(60);
        expect(got.map(([, data]) => data)).to.deep.equal([1, 2, 1, 2]);
    });

    it("fails at once if the server closes the connection during an interval", async () => {
        for (const [args, ...input] of [[["1", "2"]], [["1", "--repeat", "5", "--resume"]], [[], "1", "2"]] as [
            string[],
            ...string[],
        ][]) {
            const s = server({ resume: true });
            s.on("receive", (_, { session }) => void session.kill());
            await s.listen();
            expect(await run(["send", s.get_bound_port()!, "--interval", "1h", ...args], ...input)).to.deep.equal({
                code: 1,
                stdout: "",
                stderr: "sockhop: the client is not connected (ERR_SOCKET_DESTROYED)\n",
            });
        }
    });

    it("says that the server may not use TLS", async () => {
        const { port } = await rawServer((socket) => void socket.end("no TLS\n"));
        const { code, stderr } = await run(["send", port, "x", "--tls"]);
        expect(stderr).to.match(
            /^sockhop: no TLS connection to 127\.0\.0\.1:\d+: does the server use TLS\? Try without --tls/,
        );
        expect(code).to.equal(1);
    });

    it("prints replies with --callback", async () => {
        const path = socketPath();
        await listener({ path });
        const { code, stdout } = await run(["send", path, "--callback", "a", "b"]);
        expect(code).to.equal(0);
        expect(json(stdout)).to.deep.equal([
            { type: "Object", data: { got: "a" }, from: path },
            { type: "Object", data: { got: "b" }, from: path },
        ]);
        expect((await run(["send", path, "c", "--callback", "--bare"])).stdout).to.equal('{"got":"c"}\n');
        expect((await run(["send", path, "c", "--callback", "--pretty"])).stdout).to.equal("← Object { got: 'c' }\n");
    });

    it("connects to a name, and takes all arguments for values", async () => {
        const listening = start("listen", "--name", "receiver", "--bare");
        await listening.note(/^listening on/);
        expect(await run(["send", "--name", "receiver", "1", "2"])).to.include({ code: 0, stderr: "" });
        expect(await run(["send", "--name", "receiver"], "3")).to.include({ code: 0, stderr: "" });
        expect(await listening.lines(3)).to.deep.equal([1, 2, 3]);
        await listening.note(/^#2 disconnected/);
        expect(await listening.interrupt()).to.include({ code: 0 });
    });

    it("exits with code 1 without a reply", async () => {
        const s = server();
        await s.listen();
        const { code, stderr } = await run(["send", s.get_bound_port()!, "x", "--callback", "--timeout", "50ms"]);
        expect(stderr).to.match(/^sockhop: .* \(ERR_RESPONSE_TIMEOUT\)\n$/);
        expect(code).to.equal(1);
    });

    it("exits with code 130 at Ctrl-C", async () => {
        const s = server();
        await s.listen();
        const call = received(s, 1);
        const running = start("send", s.get_bound_port()!, "x", "--callback");
        await call;
        expect(await running.interrupt()).to.deep.equal({ code: 130, stdout: "", stderr: "" });
    });

    it("writes lines of JSON with --json", async () => {
        const { port, got } = await listener({ peer_type: "json", terminator: "\0" });
        const { code } = await run(["send", port, "--json", "--terminator", "\\0", '{"a":1}', '"text"']);
        expect(code).to.equal(0);
        expect(got).to.deep.equal([
            ["Object", { a: 1 }],
            ["String", "text"],
        ]);
    });

    it("connects over TLS, and trusts the certificates of --ca", async () => {
        const trusted = await authority();
        const own = await identity("server", undefined, trusted);
        const clientIdentity = await identity("client", undefined, trusted);
        const path = files({ ca: trusted.cert, cert: clientIdentity.cert, key: clientIdentity.key });
        const { port, got } = await listener({ ssl_options: { ...own } });

        const refused = await run(["send", port, "1", "--tls"]);
        expect(refused.stderr).to.match(
            /^sockhop: the certificate of 127\.0\.0\.1:\d+ is not trusted \(see --ca and --insecure\)/,
        );
        expect(refused.code).to.equal(1);
        expect(await run(["send", port, "2", "--ca", path.ca])).to.include({ code: 0, stderr: "" });
        expect(await run(["send", port, "3", "--insecure"])).to.include({ code: 0, stderr: "" });

        const strict = await listener({ ssl_options: { ...own, ca: trusted.cert, requestCert: true } });
        const args = ["--ca", path.ca, "--cert", path.cert, "--key", path.key];
        expect(await run(["send", strict.port, "4", ...args])).to.include({ code: 0, stderr: "" });
        expect([...got, ...strict.got].map(([, data]) => data)).to.deep.equal([2, 3, 4]);
    });

    it("connects over TLS to sockhop listen, which checks its certificate", async () => {
        const trusted = await authority();
        const own = await identity("server", undefined, trusted);
        const path = files({ ca: trusted.cert, cert: own.cert, key: own.key });
        const args = ["--ca", path.ca, "--cert", path.cert, "--key", path.key];
        const listening = start("listen", 0, ...args);
        const port = await listening.port();
        expect(await run(["send", port, "welcome", ...args])).to.include({ code: 0, stderr: "" });
        expect((await listening.lines(1))[0]).to.include({ data: "welcome" });
        await run(["send", port, "unknown", "--ca", path.ca]); // with TLS 1.3 the client may exit before it is refused
        await listening.note(/ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE/);
        expect((await listening.interrupt()).stdout).to.not.include("unknown");
    });
});

describe("sockhop request", () => {
    async function responder(): Promise<number> {
        const s = server();
        s.on("request", async ({ data, type }, response) => {
            await response.write({ type });
            await response.write(data);
            await response.end();
        });
        await s.listen();
        return s.get_bound_port()!;
    }

    it("prints each value of a response", async () => {
        const port = await responder();
        const from = `127.0.0.1:${port}`;
        const { code, stdout } = await run(["request", port, '{"since":0}', "--type", "History"]);
        expect(code).to.equal(0);
        expect(json(stdout)).to.deep.equal([
            { type: "Object", data: { type: "History" }, from },
            { type: "Object", data: { since: 0 }, from },
        ]);
        const piped = await run(["request", port, "--bare"], "1", "2");
        expect(piped.stdout).to.equal('{"type":"Number"}\n1\n{"type":"Number"}\n2\n');
    });

    it("prints a value when it arrives", async () => {
        const s = server();
        let finish = (): void => undefined;
        s.on("request", async (_, response) => {
            await response.write("first");
            await new Promise<void>((resolve) => (finish = resolve));
            await response.send("second");
        });
        await s.listen();
        const running = start("request", s.get_bound_port()!, "q", "--bare");
        await running.lines(1);
        expect(running.stdout).to.equal('"first"\n');
        finish();
        expect(await running.result()).to.include({ code: 0, stdout: '"first"\n"second"\n' });
    });

    it("exits with code 2 for empty input", async () => {
        expect(await run(["request", await responder()], "")).to.deep.equal({
            code: 2,
            stdout: "",
            stderr: "sockhop: no request to send: give values as arguments or on stdin\n",
        });
    });

    it("states how a request has another type if a text has no handler", async () => {
        const s = server();
        s.handle("status", () => "fine");
        await s.listen();
        const port = s.get_bound_port()!;
        const { code, stderr } = await run(["request", port, "status"]);
        expect(stderr).to.match(/type String \(handled: status\); a text has the type String, --type sets another/);
        expect(code).to.equal(1);
        expect(await run(["request", port, "null", "--type", "status", "--bare"])).to.deep.equal({
            code: 0,
            stdout: '"fine"\n',
            stderr: "",
        });
    });

    it("prints the error of a failed request", async () => {
        const s = server();
        s.on("request", ({ data }, response) => {
            if (data === "fail") void response.fail(new Error("Not today"));
        });
        await s.listen();
        const port = s.get_bound_port()!;
        expect(await run(["request", port, "fail"])).to.deep.equal({
            code: 1,
            stdout: "",
            stderr: "sockhop: not today (ERR_REQUEST_FAILED)\n",
        });
        const late = await run(["request", port, "wait", "--timeout", "0.05"]);
        expect(late.stderr).to.match(/^sockhop: .* \(ERR_RESPONSE_TIMEOUT\)\n$/);
        expect(late.code).to.equal(1);
    });
});
