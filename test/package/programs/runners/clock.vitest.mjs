// vi.useFakeTimers() with its defaults. Vitest gives this file to both environments, and once with the library inlined.
import { createRequire } from "node:module";
import { afterEach, expect, test, vi } from "vitest";
import * as named from "sockhop";
import Sockhop from "sockhop";
import index from "sockhop/index.js";
import ObjectBuffer from "sockhop/lib/ObjectBuffer.js";
import talking from "./talk.js";

const { close, expire, open, talk } = talking;
const require = createRequire(import.meta.url);

afterEach(() => {
    vi.useRealTimers();
});

test("has one copy of each class", () => {
    expect(named.SockhopServer).toBe(Sockhop.server);
    expect(index.server).toBe(Sockhop.server);
    if (process.env.INLINED) return; // What Vitest inlines is another copy than what is required.
    expect(ObjectBuffer).toBe(Sockhop.ObjectBuffer);
    expect(require("sockhop").server).toBe(Sockhop.server);
});

test("works with a faked clock", async () => {
    vi.useFakeTimers();
    const ends = await open(Sockhop);
    await talk(ends, globalThis);
    await expire(ends, (time) => vi.advanceTimersByTimeAsync(time));
    await close(ends);
});

test("works when it is loaded while the clock is faked", async () => {
    vi.useFakeTimers();
    vi.resetModules();
    const { default: copy } = await import("sockhop");
    const ends = await open(copy);
    await talk(ends, globalThis);
    await expire(ends, (time) => vi.advanceTimersByTimeAsync(time));
    await close(ends);
});

test("works when the clock is faked in the middle, and real again before the end", async () => {
    const ends = await open(Sockhop);
    vi.useFakeTimers();
    await talk(ends, globalThis);
    vi.useRealTimers();
    await close(ends);
});

test("many copies leave no listeners behind", async () => {
    const before = process.listenerCount("exit");
    for (let n = 0; n < 12; n++) {
        vi.resetModules();
        await import("sockhop");
    }
    expect(process.listenerCount("exit")).toBe(before);
});
