/** @jest-environment jsdom */
// Globals of a browser: timers are numbers, there is no setImmediate, and classes belong to another realm.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { close, expire, open, talk } = require("./talk.js");

test("the globals are those of a browser", () => {
    expect(typeof setTimeout(() => undefined, 0)).toBe("number");
    expect(typeof setImmediate).toBe("undefined");
    expect(new AbortController().signal).not.toBeInstanceOf(require("node:events").EventEmitter);
});

test("works over TCP, with limits", async () => {
    const options = { frame_timeout: 1000, response_timeout: 1000 };
    const ends = await open(require("sockhop"), options);
    await talk(ends, window);
    await close(ends);
});

test("works over a private Unix domain socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    const Sockhop = require("sockhop");
    const path = join(folder, "socket");
    const server = new Sockhop.server({ path, mode: 0o600 });
    await server.listen();
    const client = new Sockhop.client({ path });
    await client.connect();
    await talk({ server, client }, window);
    await close({ server, client });
    rmSync(folder, { recursive: true });
});

test("works with a faked clock", async () => {
    jest.useFakeTimers();
    const ends = await open(require("sockhop"));
    await talk(ends, window);
    await expire(ends, (time) => jest.advanceTimersByTimeAsync(time));
    await close(ends);
    jest.useRealTimers();
});

test("a timeout expires on the clock of the browser", async () => {
    const Sockhop = require("sockhop");
    const ends = await open(Sockhop);
    ends.server.on("request", () => undefined);
    const error = await ends.client.ask("silence", { timeout: 20 }).catch((reason) => reason);
    expect(error).toBeInstanceOf(Sockhop.error);
    expect(error.code).toBe("ERR_RESPONSE_TIMEOUT");
    await close(ends);
});
