import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ClientOptions, path_of } from "../../src";
import { client, pair, placeOf, rawServer, rejection, server, socketPath } from "../support/pair";
import { identity } from "../support/certificates";
import { cutOff, next, resumable } from "../support/resume";

class Login {
    user = "ada";
}

const TEXT_CODEC = {
    name: "text",
    encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
};

describe("errors of messages", () => {
    it("say that the client is not connected, and the remedy", async () => {
        const c = client();
        for (const promise of [c.send(1), c.ask(1), c.send(1, () => undefined)]) {
            expect((await rejection(promise)).message).to.equal(
                "The client is not connected: await connect() first, or use the option queue",
            );
        }
    });

    for (const codec of ["json", "binary"] as const) {
        it(`have the line of the caller in the stack for a value that cannot be sent: ${codec}`, async () => {
            let value: unknown = () => undefined;
            for (let depth = 0; depth < 30; depth++) value = { value };
            if (codec === "json") value = { toJSON: () => JSON.stringify({ value: 1n }) };
            const { s, c, socket } = await pair({ codec });
            await c.flush(); // they have agreed on the codec
            const near = (error: Error): void => {
                expect((error.stack ?? "").split("\n").slice(0, 5).join("\n")).to.include(__filename);
            };
            for (const send of [
                () => c.send(value),
                () => c.send(value, () => undefined),
                () => c.ask(value),
                () => c.request(value),
                () => s.send(socket, value),
                () => s.sendall(value),
            ]) {
                near(await rejection(send()));
            }
            const replied = new Promise<Error>((resolve) => {
                s.on("receive", (_, { callback }) => {
                    try {
                        callback?.(value);
                    } catch (error) {
                        resolve(error as Error);
                    }
                });
            });
            void c.send(1, () => undefined);
            near(await replied);
            const responded = new Promise<Error>((resolve) => {
                s.on("request", (_, response) => void response.send(value).catch(resolve));
            });
            void c.request(1);
            near(await responded);
        });
    }

    it("say that a request or a call was sent, and the peer may have handled it", async () => {
        const { s, c } = await pair();
        s.on("request", () => s.disconnect());
        const peer = `127.0.0.1:${s.get_bound_port()}`;
        expect((await rejection(c.ask(new Login()))).message).to.equal(
            `The connection to ${peer} closed (PEER_ENDED) before the response to Login arrived: ` +
                "the request was sent, and the peer may have handled it",
        );
        const { c: caller, socket } = await pair();
        const failed = new Promise<Error>((resolve) => {
            void caller.send(1, () => undefined, { failed: resolve });
        });
        socket.destroy();
        expect((await failed).message).to.include("before the reply to Number arrived: the call was sent");
    });

    it("say that the client of a server has disconnected", async () => {
        const { s, socket } = await pair();
        const other = await pair();
        await s.kill_socket(socket);
        expect((await rejection(s.send(socket, 1))).message).to.include("the client has disconnected");
        expect((await rejection(s.send(other.socket, 1))).message).to.include("not one of this server");
    });

    it("name type, peer and milliseconds of a timeout, and what is missing", async () => {
        const { s, c, socket } = await pair();
        const peer = `127.0.0.1:${s.get_bound_port()}`;
        s.on("request", (request, response) => {
            if (request.data === "part") void response.write(1);
        });
        c.on("request", () => undefined);
        const timeout = 10;
        const messages = [
            await rejection(c.ask(new Login(), { timeout })),
            await rejection(c.ask(1, { timeout, type: "sum" })),
            await rejection(s.ask(socket, 1, { timeout })),
            await new Promise<Error>((failed) => void c.send(1, () => undefined, { timeout, failed })),
        ].map(({ message }) => message);
        expect(messages).to.deep.equal([
            `No response to Login from ${peer} within 10 ms: its handler must respond`,
            `No response to sum from ${peer} within 10 ms: its handler must respond`,
            `No response to Number from 127.0.0.1:${socket.remotePort} within 10 ms: its handler must respond`,
            `No reply to Number from ${peer} within 10 ms`,
        ]);
        const stream = await c.request("part", { timeout });
        const loop = async (): Promise<void> => {
            for await (const packet of stream) expect(packet).to.have.property("data", 1);
        };
        expect((await rejection(loop())).message).to.equal(
            `No end of the response to String from ${peer} within 10 ms: its handler must call response.end()`,
        );
    });

    for (const [kind, resume] of Object.entries({ with: true, without: false })) {
        it(`say that a response may have arrived behind messages that a loop has not read, ${kind} resume`, async () => {
            const { s, c, socket } = await pair({ resume });
            await c.flush();
            s.handle("String", () => "the response");
            const loop = c.messages();
            for (let n = 0; n < 150; n++) void s.send(socket, n);
            await loop.next();
            expect((await rejection(c.ask("a", { timeout: 50 }))).message)
                .to.include("within 50 ms: it may have arrived behind messages")
                .and.include("messages()");
            await loop.return?.();
        });
    }

    it("say that a request was still in the queue", async () => {
        const c = client({ queue: true });
        expect((await rejection(c.ask(new Login(), { timeout: 10 }))).message).to.equal(
            "No response to Login within 10 ms: it was not sent, as the client was not connected",
        );
    });

    it("say that the connection is interrupted", async () => {
        const { s, c } = await resumable();
        const { port } = placeOf(s);
        const interrupted = next(c, "interrupted");
        await cutOff(s);
        await interrupted;
        expect((await rejection(c.ask(new Login(), { timeout: 10 }))).message).to.equal(
            `No response to Login from 127.0.0.1:${port} within 10 ms: the connection is interrupted`,
        );
    });

    it("have the reason that JSON cannot express a value, and its path", async () => {
        const { c } = await pair();
        const cycle: Record<string, unknown> = {};
        cycle["self"] = cycle;
        expect((await rejection(c.send({ a: [1n] }))).message).to.equal(
            "This value cannot be sent: a BigInt, at .a[0]",
        );
        expect((await rejection(c.send(cycle))).message).to.equal(
            "This value cannot be sent: a cycle: .self is the value itself",
        );
    });

    for (const codec of ["json", "binary", TEXT_CODEC] as const) {
        const name = typeof codec === "string" ? codec : "of the program";
        it(`name the type of a call whose value sends another message, with the codec ${name}`, async () => {
            const { c } = await pair({ codec });
            await c.flush(); // they have agreed on the codec
            class Outer {
                toJSON(): object {
                    void c.send("inner");
                    return {};
                }
            }
            const failed = new Promise<Error>((resolve) => {
                void c.send(new Outer(), () => undefined, { failed: resolve });
            });
            await c.disconnect();
            expect((await failed).message).to.include("the reply to Outer arrived");
        });
    }

    it("name the type of a message that is too large", async () => {
        const { c } = await pair({ max_message_size: 100 });
        expect((await rejection(c.send("x".repeat(200)))).message).to.include("A message (String) of ");
    });
});

describe("errors of connect()", () => {
    const errorOf = (options: ClientOptions): Promise<Error & { code?: string }> =>
        rejection(client(options).connect());

    async function unused(): Promise<number> {
        const s = server();
        await s.listen();
        const port = s.get_bound_port()!;
        await s.close();
        return port;
    }

    it("say that no server listens there, and keep the start of the message and the code", async () => {
        const port = await unused();
        const error = await errorOf({ port });
        const message = `connect ECONNREFUSED 127.0.0.1:${port}: no server listens at 127.0.0.1:${port}`;
        expect(error).to.include({ message, code: "ECONNREFUSED", syscall: "connect" });
        expect(error.stack)
            .to.match(/no server listens at/)
            .and.include(__filename);
    });

    it("name a name, a path and a missing folder", async () => {
        const path = socketPath();
        const name = `missing-${process.pid}`;
        mkdirSync(join(path_of(name), ".."), { recursive: true, mode: 0o700 });
        expect((await errorOf({ name })).message).to.equal(
            `connect ENOENT ${path_of(name)}: no server has the name "${name}"`,
        );
        expect((await errorOf({ path })).message).to.equal(`connect ENOENT ${path}: no server listens at this path`);
        expect((await errorOf({ path: `${path}/missing/x` })).message).to.include(
            `the folder ${path}/missing does not exist`,
        );
        if (process.platform === "linux") {
            writeFileSync(path, "");
            expect((await errorOf({ path })).message).to.equal(
                `connect ECONNREFUSED ${path}: no server listens at this path: ` +
                    "a killed server left the file, or it is not a socket",
            );
        }
    });

    it("name an unknown host", async () => {
        expect((await errorOf({ address: "no.host.invalid" })).message).to.match(
            /ENOTFOUND.*no computer has the host name no\.host\.invalid|EAI_AGAIN/,
        );
    });

    it("name the server with a self-signed certificate, and the option", async () => {
        const s = server({ ssl_options: await identity("server") });
        s.on("error", () => undefined);
        await s.listen();
        const error = await errorOf({ ...placeOf(s), ssl: true });
        expect(error.message).to.include(`127.0.0.1:${s.get_bound_port()}`).and.include("ssl_options.ca");
    });

    it("ask if the server uses TLS when the handshake takes too long", async () => {
        const { port } = await rawServer();
        const error = await errorOf({ port, ssl: true, connect_timeout: 20 });
        expect(error.message).to.equal(
            `Timeout exceeded on connect() to 127.0.0.1:${port}: 20 ms (does the server use TLS?)`,
        );
    });
});

describe("errors of listen()", () => {
    it("say what is in use, and which folder is missing", async () => {
        const s = server();
        await s.listen();
        const error = await rejection(server({ port: s.get_bound_port() }).listen());
        expect(error.code).to.equal("EADDRINUSE");
        expect(error.message)
            .to.match(/^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+: /)
            .and.include("another server listens there");
        const path = socketPath();
        await server({ path }).listen();
        expect((await rejection(server({ path }).listen())).message).to.include("a server listens at this path");
        for (const mode of [undefined, 0o600]) {
            const missing = await rejection(server({ path: `${path}-folder/x`, mode }).listen());
            expect(missing.message).to.include(`: the folder ${path}-folder does not exist`);
            expect(missing.stack).to.include(__filename);
        }
    });
});
