import { expect } from "chai";
import type { SockhopClient, SockhopResponseReadableStream, SockhopServer } from "../../src";
import { pair, rejection, socketPath } from "../support/pair";
import { RESUME, next } from "../support/resume";

/** Larger than the buffers of the system for a path, and than `max_buffered` here. */
const UPLOAD = "x".repeat(2_000_000);
const OPTIONS = { max_buffered: 100_000 };

/** A client that waits for a response. `aborted` resolves when the handler is canceled. */
async function requested(
    options: object,
): Promise<{ s: SockhopServer; c: SockhopClient; stream: SockhopResponseReadableStream; aborted: Promise<unknown> }> {
    const { s, c } = await pair({ ...options, path: socketPath() }, { ...options, ...OPTIONS });
    await c.flush(); // both ends have agreed to resume
    let aborted!: Promise<unknown>;
    const handled = new Promise<void>((resolve) => {
        s.handle("String", (_, { signal }) => {
            aborted = new Promise((abort) => {
                signal.addEventListener("abort", abort);
            });
            resolve();
            return aborted;
        });
    });
    const stream = await c.request("something slow");
    await handled;
    return { s, c, stream, aborted };
}

describe("the cancel of a request", () => {
    for (const [name, options] of Object.entries({ with: RESUME, without: {} })) {
        it(`follows more than max_buffered bytes that the requester has not sent, ${name} resume`, async () => {
            const { s, c, stream, aborted } = await requested(options);
            s.sockets[0]!.pause();
            void c.send(UPLOAD);
            expect(c.buffered).to.be.greaterThan(OPTIONS.max_buffered);
            stream.end();
            s.sockets[0]!.resume();
            await aborted;
        });
    }

    it("is sent after an interruption", async () => {
        const { s, c, stream, aborted } = await requested(RESUME);
        const interrupted = next(c, "interrupted");
        s.sockets[0]!.destroy();
        await interrupted;
        void c.send(UPLOAD);
        expect(c.buffered).to.be.greaterThan(OPTIONS.max_buffered);
        stream.end();
        await aborted;
    });

    it("is sent through a relay, whose handler returns the response of another connection", async () => {
        const { s: end, c: upstream } = await pair();
        const aborted = new Promise<void>((resolve) => {
            end.handle("String", async function* (_, { signal }) {
                const abort = new Promise((leave) => {
                    signal.addEventListener("abort", leave);
                });
                yield "the first part";
                await abort;
                resolve();
            });
        });
        const { s, c } = await pair();
        s.handle("String", (value) => upstream.request(value));
        for await (const { data } of await c.request("go")) {
            expect(data).to.deep.equal({ data: "the first part", type: "String" });
            break;
        }
        await aborted;
    });

    it("is no error of a relay that passes its signal on", async () => {
        const { s: end, c: upstream } = await pair();
        const { s, c } = await pair();
        const errors: unknown[] = [];
        s.on("error", (error) => errors.push(error));
        s.handle("handled", (value, { signal }) => upstream.ask(value, { signal }));
        s.on("request", async ({ data }, response) => {
            await response.send(await upstream.ask(data, { signal: response.signal }));
        });
        for (const type of ["handled", "listened"]) {
            const canceled = new Promise<void>((resolve) => {
                end.handle("String", async (_, { signal }) => {
                    const abort = new Promise((leave) => {
                        signal.addEventListener("abort", leave);
                    });
                    controller.abort();
                    await abort;
                    resolve();
                });
            });
            const controller = new AbortController();
            const error = await rejection(c.ask("go", { type, signal: controller.signal }));
            expect(error).to.have.property("code", "ERR_ABORTED");
            await canceled;
            expect(errors).to.deep.equal([]);
            end.unhandle("String");
        }
    });
});
