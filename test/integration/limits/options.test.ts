import { expect } from "chai";
import { ObjectBuffer, SockhopClient, SockhopError, SockhopServer, memory_engine } from "../../../src";
import { pair, raw } from "../../support/pair";

describe("limit options", () => {
    const AMOUNTS = ["max_message_size", "max_pending", "max_buffered"] as const;
    const TIMES = ["frame_timeout", "response_timeout"] as const;

    function refused(make: () => unknown, name: string): void {
        expect(make).to.throw(SockhopError, name).with.property("code", "ERR_BAD_OPTION");
    }

    it("are rejected by both ends if they are invalid numbers, with their name", () => {
        for (const name of AMOUNTS) {
            for (const wrong of [NaN, -1, 0, -Infinity, "10", "many", {}, true]) {
                refused(() => new SockhopClient({ [name]: wrong }), name);
                refused(() => new SockhopServer({ [name]: wrong }), name);
            }
        }
        for (const wrong of [NaN, -1, 0, "10", {}]) {
            refused(() => new SockhopServer({ max_connections: wrong as number }), "max_connections");
            refused(() => new ObjectBuffer({ max_message_size: wrong as number }), "max_message_size");
        }
    });

    it("are rejected by both ends if they are invalid times, with their name", () => {
        for (const name of TIMES) {
            for (const wrong of [NaN, -1, -Infinity, "soon", {}]) {
                refused(() => new SockhopClient({ [name]: wrong }), name);
                refused(() => new SockhopServer({ [name]: wrong }), name);
            }
        }
        refused(() => new SockhopServer({ session_timeout: -1 }), "session_timeout");
    });

    it("reject an unknown slow_consumer", () => {
        for (const wrong of ["", "block", "Wait", 1, {}]) {
            refused(() => new SockhopClient({ slow_consumer: wrong as "wait" }), "slow_consumer");
            refused(() => new SockhopServer({ slow_consumer: wrong as "wait" }), "slow_consumer");
        }
    });

    it("use the default for undefined and null", () => {
        for (const nothing of [undefined, null]) {
            const options = Object.fromEntries([...AMOUNTS, ...TIMES, "slow_consumer"].map((name) => [name, nothing]));
            expect(new SockhopServer({ ...options, max_connections: nothing as undefined })._limits).to.deep.equal({
                maxPending: 100_000,
                maxBuffered: 67_108_864,
                slowConsumer: "wait",
                frameTimeout: 120_000,
                responseTimeout: 30_000,
            });
            expect(new SockhopClient(options)._limits).to.deep.equal(new SockhopClient()._limits);
        }
    });

    it("use the default for members that are null, at all levels", async () => {
        const none = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, null]));
        for (const end of [new SockhopClient(), new SockhopServer()]) {
            expect(await end.messages(none("signal")).return?.()).to.deep.equal({ done: true, value: undefined });
        }
        new SockhopClient({ queue: none("max_messages", "max_bytes", "max_age", "overflow") });
        new SockhopClient({ resume: none("timeout", "max_bytes", "max_messages") });
        new SockhopClient({ servers: [{ path: "a", ...none("address", "port", "name", "servername") }] });
        const cluster = { engine: memory_engine(), ...none("name", "heartbeat", "max_buffered", "max_pending") };
        new SockhopServer({ cluster });
    });

    it("are unlimited with Infinity", async () => {
        const overflows: Error[] = [];
        const heard = (warning: Error): void => {
            if (warning.name === "TimeoutOverflowWarning") overflows.push(warning);
        };
        process.on("warning", heard);
        const none = {
            max_message_size: Infinity,
            max_pending: Infinity,
            max_buffered: Infinity,
            frame_timeout: Infinity,
            response_timeout: Infinity,
        };
        const { s, c } = await pair({ ...none, max_connections: Infinity, session_timeout: Infinity }, none);
        const peer = await raw(s);
        peer.write('{"half of a'); // would be too slow for a timeout of 1 ms
        s.on("request", (_, response) => setTimeout(() => void response.send("late"), 30));
        const answer = c.ask("q", { timeout: Infinity });
        const failures: unknown[] = [];
        void c.send("q", () => undefined, { timeout: Infinity, failed: (error) => failures.push(error) });
        expect(await answer).to.equal("late");
        process.off("warning", heard);
        expect(overflows).to.deep.equal([]);
        expect(failures).to.deep.equal([]);
        expect(s.sockets).to.have.length(2);
    });
});
