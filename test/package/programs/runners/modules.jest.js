// jest.resetModules() and jest.isolateModules(): many copies of the library in one process.
const { close, open, talk } = require("./talk.js");

test("many copies leave no listeners, and cause no warning", async () => {
    const warnings = [];
    process.on("warning", (warning) => warnings.push(warning.message));
    require("sockhop");
    const count = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const before = count();
    const copies = new Set();
    for (let n = 0; n < 12; n++) {
        jest.resetModules();
        copies.add(require("sockhop"));
    }
    jest.isolateModules(() => copies.add(require("sockhop")));
    expect(copies.size).toBe(13);
    expect(count()).toBe(before);
    const ends = await open(require("sockhop"));
    await talk(ends);
    await close(ends);
    expect(warnings).toEqual([]);
});

test("copies exchange messages", async () => {
    const { server } = require("sockhop");
    jest.resetModules();
    const { client } = require("sockhop");
    const ends = await open({ server, client });
    await talk(ends);
    await close(ends);
});

test("a deep path has the class of its copy", () => {
    for (let n = 0; n < 2; n++) {
        jest.resetModules();
        expect(require("sockhop/lib/ObjectBuffer.js")).toBe(require("sockhop").ObjectBuffer);
        expect(require("sockhop/lib/SockhopClient")).toBe(require("sockhop/index").client);
    }
});
