// Twelve evaluations of the library in one process, as with hot reload.
const assert = require("node:assert/strict");
const { close, open, talk } = require("./talk.js");

const events = () => process.eventNames().filter((name) => name !== "warning");
const listeners = () => events().reduce((sum, name) => sum + process.listenerCount(name), 0);

function load() {
    for (const file of Object.keys(require.cache))
        if (/[\\/]sockhop[\\/]/.test(file)) Reflect.deleteProperty(require.cache, file);
    return require("sockhop");
}

async function main() {
    const warnings = [];
    process.on("warning", ({ message }) => warnings.push(message));
    const first = load();
    const before = listeners();
    const copies = new Set(Array.from({ length: 12 }, load));
    assert.equal(copies.size, 12);
    assert.equal(listeners(), before);
    const [last] = [...copies].slice(-1);
    for (const { server, client } of [
        first,
        { server: first.server, client: last.client },
        { server: last.server, client: first.client },
    ]) {
        const ends = await open({ server, client });
        await talk(ends);
        await close(ends);
    }
    assert.equal(listeners(), before);
    assert.deepEqual(warnings, []);
    console.log("well");
}

process.exitCode = 1; // until main() has finished
main().then(() => {
    process.exitCode = 0;
});
