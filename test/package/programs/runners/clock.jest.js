// jest.useFakeTimers() with its defaults, before and after the library is loaded.
const { close, expire, open, talk } = require("./talk.js");

afterEach(() => {
    jest.useRealTimers();
    jest.resetModules();
});

for (const when of ["loaded before the clock is faked", "loaded while the clock is faked"]) {
    test(`works when it is ${when}`, async () => {
        const early = when.includes("before");
        if (early) require("sockhop");
        jest.useFakeTimers();
        const Sockhop = require("sockhop");
        const ends = await open(Sockhop);
        await talk(ends);
        await expire(ends, (time) => jest.advanceTimersByTimeAsync(time));
        await close(ends);
    });
}

test("works when the clock is faked between two messages, and real again before the end", async () => {
    const ends = await open(require("sockhop"));
    jest.useFakeTimers();
    await talk(ends);
    await expire(ends, (time) => jest.advanceTimersByTimeAsync(time));
    jest.useRealTimers();
    await close(ends);
});
