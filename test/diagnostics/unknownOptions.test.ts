import { expect } from "chai";
import { EventEmitter } from "node:events";
import vm from "node:vm";
import { checkMethodOptions, warnUnknownOptions } from "../../src/diagnostics/unknownOptions";
import { turns } from "../support/eventLoop";
import { pair } from "../support/pair";
import { warnings } from "../support/rejections";

/** Texts of the warnings that a call causes. */
async function warningsOf(call: () => unknown): Promise<string[]> {
    const emitted = warnings();
    await call();
    await turns(2);
    return emitted.map(({ message }) => message);
}

describe("warnUnknownOptions()", () => {
    it("warns once of each unknown name, with the known name that is meant", async () => {
        const texts = await warningsOf(() => {
            for (let n = 0; n < 2; n++) warnUnknownOptions({ coluor: 1, size: 2, q: 3 }, ["colour", "size"], "paint");
        });
        expect(texts).to.deep.equal([
            'Unknown option "coluor" of paint: did you mean "colour"?',
            'Unknown option "q" of paint',
        ]);
    });

    it("shows the start of a name, without control characters: a program may pass an object of a peer", async () => {
        const texts = await warningsOf(() => {
            warnUnknownOptions({ [`\u001b[2J\n${"x".repeat(10_000)}`]: 1 }, ["colour"], "screen");
        });
        expect(texts).to.deep.equal([`Unknown option "\uFFFD[2J ${"x".repeat(35)}" of screen`]);
    });

    it("suggests the option that replaces one of Node.js, if it is known", async () => {
        const texts = await warningsOf(() => {
            warnUnknownOptions({ host: 1, key: 2 }, ["address", "port", "ssl_options"], "house");
            warnUnknownOptions({ host: 1 }, ["port"], "hotel");
        });
        expect(texts).to.deep.equal([
            'Unknown option "host" of house: did you mean "address"?',
            'Unknown option "key" of house: did you mean "ssl_options"?',
            'Unknown option "host" of hotel',
        ]);
    });
});

describe("checkMethodOptions()", () => {
    it("is silent about null, known names, objects of a class, and arguments of forEach()", async () => {
        const error = Object.assign(new Error("e"), { errno: 1 });
        const texts = await warningsOf(() => {
            for (const options of [null, undefined, {}, { timeout: 1 }, error, 1, () => 1]) {
                checkMethodOptions(options, ["timeout"], "halt");
            }
        });
        expect(texts).to.deep.equal([]);
    });

    it("warns once of a string", async () => {
        const texts = await warningsOf(() => {
            for (const options of ["Widget", "Gadget"]) checkMethodOptions(options, ["type"], "mail");
        });
        expect(texts).to.deep.equal(["Options of mail() must be an object: 'Widget' is ignored"]);
    });

    it("warns of objects of another realm, and of those without a prototype", async () => {
        const texts = await warningsOf(() => {
            checkMethodOptions(vm.runInNewContext("({ timout: 1 })"), ["timeout"], "end");
            checkMethodOptions(Object.assign(Object.create(null) as object, { timeuot: 1 }), ["timeout"], "end");
        });
        expect(texts).to.have.length(2);
    });
});

describe("options of methods", () => {
    type Peers = Awaited<ReturnType<typeof pair>>;
    const CALLS: [method: string, call: (peers: Peers, options: object) => unknown, known?: string][] = [
        ["send", ({ c }, options) => c.send(1, () => undefined, options)],
        ["send", ({ s, socket }, options) => s.send(socket, 1, undefined, options)],
        ["ask", ({ c }, options) => c.ask(1, options)],
        ["request", ({ s, socket }, options) => s.request(socket, 1, options)],
        ["messages", ({ c }, options) => c.messages(options).return?.(), "signal"],
        ["next", async ({ c }, options) => (await c.request(1)).next(options), "keep_open"],
        ["close", ({ s }, options) => s.close(options)],
        ["close", ({ c }, options) => c.disconnect(options)],
        ["close", ({ s, socket }, options) => s.kill_socket(socket, options)],
        ["connect", ({ c }, options) => c.disconnect().then(() => c.connect(options))],
    ];
    for (const [n, [method, call, known = "timeout"]] of CALLS.entries()) {
        it(`cause one warning if a name is unknown: ${String(call).replace(/.*=> /, "")}`, async () => {
            const peers = await pair();
            peers.s.on("request", (_request, response) => void response.send(1));
            peers.c.on("request", (_request, response) => void response.send(1));
            peers.s.on("receive", () => undefined);
            peers.c.on("receive", () => undefined);
            const name = `${known.slice(0, -1)}${n}`;
            const texts = await warningsOf(() => call(peers, { [name]: 5 }));
            expect(texts).to.deep.equal([`Unknown option "${name}" of ${method}(): did you mean "${known}"?`]);
        });
    }

    it("cause no warning if a signal is the argument of a listener", async () => {
        const { s, c } = await pair();
        const texts = await warningsOf(() => {
            const emitter = new EventEmitter();
            emitter.on("SIGTERM", c.disconnect.bind(c));
            emitter.on("SIGTERM", s.close.bind(s));
            emitter.emit("SIGTERM", "SIGTERM", 15);
        });
        expect(texts).to.deep.equal([]);
    });
});
