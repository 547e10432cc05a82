import { expect } from "chai";
import { on } from "node:events";
import { PassThrough } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { SockhopError } from "../../src";
import type { Connection } from "../../src/connection/Connection";
import type { HandlerContext } from "../../src/endpoint/Handler";
import { Handlers } from "../../src/mixins/Handlers";
import { Responses } from "../../src/mixins/Responses";
import type { SockhopResponsePacket } from "../../src/protocol/SockhopRequest";
import { turns } from "../support/eventLoop";
import { warnings } from "../support/rejections";
import { TestEndpoint } from "../support/TestEndpoint";
import { TestSocket } from "../support/TestSocket";

const WithResponses = Responses(TestEndpoint);

/** The smallest endpoint that has handlers. */
class Probe extends Handlers(WithResponses) {
    protected _requestArgs({ socket }: Connection): unknown[] {
        return [{ socket, session: "the session" }];
    }
}

describe("Handlers", () => {
    let probe: Probe;
    let socket: TestSocket;
    let connection: Connection;
    let errors: Error[];

    beforeEach(() => {
        probe = new Probe({});
        socket = new TestSocket();
        connection = probe.open(socket);
        errors = [];
        probe.on("error", (error: Error) => errors.push(error));
    });

    function request(type: string, data: unknown, uuid = "id"): void {
        probe.receive(connection, { type: "SockhopRequest", data: { uuid, type, data, errors: true } });
    }

    function cancel(uuid = "id"): void {
        probe.receive(connection, { type: "SockhopResponsePacket", data: { uuid, last: true, cancel: true } });
    }

    /** Packets that were sent, without ids. */
    async function packets(): Promise<Partial<SockhopResponsePacket>[]> {
        for (let n = 0; n < 10; n++) {
            await turns(1);
            connection.flush();
        }
        return socket.frames.map(({ data }) => {
            const { data: value, last, error } = data as SockhopResponsePacket;
            return error ? { error } : { data: value, last };
        });
    }

    it("sends the returned value", async () => {
        probe._handle("Sum", (data: number[]) => data.reduce((a, b) => a + b));
        request("Sum", [1, 2]);
        expect(await packets()).to.deep.equal([{ data: 3, last: true }]);
        expect(connection.responses?.size).to.equal(0);
    });

    it("sends the value of a promise, and {} for undefined", async () => {
        const values = [null, "", 0, false, [], undefined];
        probe._handle("Get", (index: number) => Promise.resolve(values[index]));
        for (const index of values.keys()) request("Get", index, `id ${index}`);
        expect((await packets()).map(({ data }) => data)).to.deep.equal([null, "", 0, false, [], {}]);
    });

    it("passes type, socket, session and signal", async () => {
        let context!: HandlerContext & { session?: unknown };
        probe._handle("Sum", (_, given: typeof context) => {
            const { type, socket, session, signal } = given;
            context = { type, socket, session, signal };
        });
        request("Sum", 1);
        await packets();
        expect(context).to.include({ type: "Sum", socket: socket.asSocket, session: "the session" });
        expect(context.signal.aborted).to.equal(false);
    });

    describe("with an async iterable", () => {
        it("sends each value as a packet", async () => {
            probe._handle("Count", async function* (count: number) {
                for (let n = 1; n <= count; n++) {
                    await turns(1);
                    yield n;
                }
            });
            request("Count", 3);
            expect(await packets()).to.deep.equal([
                { data: 1, last: false },
                { data: 2, last: false },
                { data: 3, last: false },
                { data: {}, last: true },
            ]);
        });

        it("sends the error of an iteration after the values before it", async () => {
            probe._handle("Count", async function* () {
                yield await Promise.resolve(1);
                throw new Error("mine");
            });
            request("Count", 3);
            const [first, second] = await packets();
            expect(first).to.deep.equal({ data: 1, last: false });
            expect(second?.error?.message).to.equal("mine");
            expect(errors.map(({ message }) => message)).to.deep.equal(["mine"]);
        });

        it("ends a generator when the requester cancels or leaves", async () => {
            for (const leave of [cancel, () => probe.destroy(connection)]) {
                let isEnded = false;
                probe._handle("Count", async function* () {
                    try {
                        for (let n = 0; ; n++) {
                            await turns(1);
                            yield n;
                        }
                    } finally {
                        isEnded = true;
                    }
                });
                request("Count", 3);
                await packets();
                leave();
                await turns(5);
                expect(isEnded).to.equal(true);
                probe.unhandle("Count");
            }
            expect(errors).to.deep.equal([]);
        });

        it("ends an iterator that waits for its next value, and a stream", async () => {
            const stream = new PassThrough({ objectMode: true });
            probe._handle("Events", () => on(probe, "own"));
            probe._handle("Stream", () => stream);
            request("Events", 1, "first");
            request("Stream", 1, "second");
            await turns(2);
            expect(probe.listenerCount("own")).to.equal(1);
            cancel("first");
            cancel("second");
            await turns(5);
            expect(probe.listenerCount("own")).to.equal(0);
            expect(stream.destroyed).to.equal(true);
            expect(errors).to.deep.equal([]);
        });

        it("ignores an error that the iterator throws when it is ended", async () => {
            probe._handle("Count", () => ({
                [Symbol.asyncIterator]: () => ({
                    next: () => new Promise(() => undefined),
                    return: () => {
                        throw new Error("at the end");
                    },
                }),
            }));
            request("Count", 1);
            await turns(2);
            cancel();
            await turns(5);
            expect(errors).to.deep.equal([]);
        });
    });

    describe("with a handler that fails", () => {
        const error = (): Error => Object.assign(new Error("No such user"), { code: "E_NO_USER", data: { id: 7 } });

        it("sends message, code and data, and emits the error with its connection", async () => {
            const failed = error();
            let args: unknown[] = [];
            probe.on("error", (...given: unknown[]) => (args = given));
            for (const [index, handler] of [
                () => {
                    throw failed;
                },
                () => Promise.reject(failed),
            ].entries()) {
                probe._handle("User", handler);
                request("User", 1, `id ${index}`);
                expect((await packets()).at(-1)).to.deep.equal({
                    error: {
                        code: "ERR_REQUEST_FAILED",
                        message: "No such user",
                        remote: { code: "E_NO_USER", data: { id: 7 } },
                    },
                });
                expect(args).to.deep.equal([failed, socket.asSocket]);
                probe.unhandle("User");
            }
            expect(errors).to.deep.equal([failed, failed]);
        });

        it("warns once per type without a listener, with the stack", async () => {
            const warned = warnings();
            probe.removeAllListeners("error");
            for (const type of ["User", "Group"]) probe._handle(type, () => Promise.reject(error()));
            for (const [index, type] of ["User", "User", "Group"].entries()) request(type, 1, `id ${index}`);
            await packets();
            expect(warned.map(({ message }) => message)).to.deep.equal([
                'The handler of User has failed: No such user (add an "error" listener to see all errors)',
                'The handler of Group has failed: No such user (add an "error" listener to see all errors)',
            ]);
            expect((warned[0] as { detail?: string }).detail).to.include("Handlers.test.ts");
        });

        it("survives any thrown value", async () => {
            const hostile = {
                get message(): string {
                    throw new Error("message");
                },
                get code(): string {
                    throw new Error("code");
                },
                toString: () => {
                    throw new Error("text");
                },
            };
            const cycle: { self?: unknown } = {};
            cycle.self = cycle;
            const values = [
                undefined,
                null,
                5,
                "text",
                Symbol("symbol"),
                hostile,
                Object.assign(new Error("cycle"), { data: cycle, code: Symbol("code") }),
                Object.assign(new Error("number"), { code: 404, data: 10n }),
                { message: 5, data: () => 1 },
                { then: 1, message: "no promise" },
            ];
            probe._handle("Throw", (index: number) => {
                throw values[index]; // eslint-disable-line @typescript-eslint/only-throw-error -- any value can be thrown
            });
            for (const index of values.keys()) request("Throw", index, `id ${index}`);
            const sent = await packets();
            expect(sent.map(({ error }) => error?.code)).to.deep.equal(values.map(() => "ERR_REQUEST_FAILED"));
            expect(sent[7]?.error?.remote).to.deep.equal({ code: 404 });
            expect(errors).to.have.length(values.length);
        });

        it("fails for a result that cannot be sent", async () => {
            probe._handle("Big", () => ({ big: 10n }));
            request("Big", 1);
            expect((await packets())[0]?.error?.code).to.equal("ERR_REQUEST_FAILED");
            expect(errors.map((each) => (each as SockhopError).code)).to.deep.equal(["ERR_BAD_DATA"]);
        });

        it("reports no error that the requester has caused", async () => {
            let signal!: AbortSignal;
            const aborted = (context: HandlerContext): Promise<unknown> =>
                new Promise((resolve) => {
                    ({ signal } = context);
                    signal.addEventListener("abort", resolve);
                });
            for (const handler of [
                async (_: unknown, context: HandlerContext) => {
                    await aborted(context);
                    return 1;
                },
                async (_: unknown, context: HandlerContext) => {
                    await aborted(context);
                    context.signal.throwIfAborted();
                },
                (_: unknown, context: HandlerContext) => {
                    ({ signal } = context);
                    return setTimeout(60_000, 1, { signal });
                },
                async (_: unknown, context: HandlerContext) => {
                    await aborted(context);
                    throw new SockhopError("The signal was aborted", "ERR_ABORTED"); // of ask() with this signal
                },
            ]) {
                probe._handle("Slow", handler);
                request("Slow", 1);
                cancel();
                await turns(3);
                expect(signal.aborted).to.equal(true);
                expect([await packets(), errors]).to.deep.equal([[], []]);
                probe.unhandle("Slow");
            }
        });

        it("reports an error that follows a cancel, but is not caused by it", async () => {
            probe._handle("Slow", async (_, { signal }: HandlerContext) => {
                await new Promise((resolve) => {
                    signal.addEventListener("abort", resolve);
                });
                throw new Error("mine");
            });
            request("Slow", 1);
            cancel();
            await packets();
            expect(errors.map(({ message }) => message)).to.deep.equal(["mine"]);
        });
    });

    it("has one handler for each type, until it is removed", async () => {
        probe._handle("Sum", () => 1);
        expect(() => probe._handle("Sum", () => 2))
            .to.throw("Sum already has a handler")
            .with.property("code", "ERR_HANDLER_EXISTS");
        expect(probe.unhandle("Sum")).to.equal(true);
        expect(probe.unhandle("Sum")).to.equal(false);
        probe._handle("Sum", () => 3);
        request("Sum", 1);
        expect((await packets())[0]?.data).to.equal(3);
    });

    it("has precedence over request listeners", async () => {
        const heard: string[] = [];
        probe.on("request", ({ type }: { type: string }, response: { send(value: unknown): Promise<void> }) => {
            heard.push(type);
            return response.send("listener");
        });
        probe.on("request:Sum", () => heard.push("request:Sum"));
        probe._handle("Sum", () => "handler");
        request("Sum", 1, "first");
        request("Other", 1, "second");
        expect((await packets()).map(({ data }) => data)).to.have.members(["handler", "listener"]);
        expect(heard).to.deep.equal(["Other"]);
    });

    it("names the handled types to a requester of another type", async () => {
        probe._handle("Sum", () => 1);
        probe.on("request:Old", () => undefined);
        request("toString", 1);
        expect((await packets())[0]?.error).to.deep.equal({
            code: "ERR_REQUEST_UNHANDLED",
            message: "No handler for requests of the type toString (handled: Sum, Old)",
        });
    });

    it("rejects what is no name, and what is no function", () => {
        for (const type of [undefined, null, "", 5, {}, class Widget {}] as never[]) {
            expect(() => probe._handle(type, () => 1))
                .to.throw('must be a name, such as "Widget"')
                .with.property("code", "ERR_BAD_OPTION");
        }
        for (const handler of [undefined, null, "Sum", {}] as never[]) {
            expect(() => probe._handle("Sum", handler))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        }
    });
});
