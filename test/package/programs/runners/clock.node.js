// mock.timers.enable() of node:test, and @sinonjs/fake-timers, with their defaults.
const { test } = require("node:test");
const FakeTimers = require("@sinonjs/fake-timers");
const { close, expire, open, talk } = require("./talk.js");

/** A new copy of the library. */
function load() {
    for (const file of Object.keys(require.cache))
        if (/[\\/]sockhop[\\/]/.test(file)) Reflect.deleteProperty(require.cache, file);
    return require("sockhop");
}

const clocks = {
    "node:test": (context) => {
        context.mock.timers.enable();
        return { advance: (time) => context.mock.timers.tick(time), restore: () => context.mock.timers.reset() };
    },
    "@sinonjs/fake-timers": () => {
        const clock = FakeTimers.install({ toNotFake: ["nextTick", "queueMicrotask"] });
        return { advance: (time) => clock.tickAsync(time), restore: () => clock.uninstall() };
    },
};

for (const [name, install] of Object.entries(clocks)) {
    test(`works with ${name}`, async (context) => {
        const Sockhop = load();
        const { advance, restore } = install(context);
        const ends = await open(Sockhop);
        await talk(ends);
        await expire(ends, advance);
        await close(ends);
        restore();
    });

    // The mock of node:test cannot be distinguished from node's functions, so the library must be loaded before.
    if (name !== "node:test")
        test(`works when it is loaded while ${name} fakes the clock`, async (context) => {
            const { advance, restore } = install(context);
            const ends = await open(load());
            await talk(ends);
            await expire(ends, advance);
            await close(ends);
            restore();
        });

    test(`works when ${name} fakes the clock between two messages`, async (context) => {
        const ends = await open(load());
        const { restore } = install(context);
        await talk(ends);
        restore();
        await close(ends);
    });
}
