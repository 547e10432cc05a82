"use strict";

const os = require("node:os");
const cores = require("./cores.js");
const { version } = require("./packages.js");

/** Machine and versions of the measurement. */
function describe(adapters) {
    const [{ model }] = os.cpus();
    return {
        node: process.version,
        system: `${os.type()} ${os.release()} ${os.arch()}`,
        processor: `${model.trim()}, ${os.cpus().length} cores`,
        memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
        pinning: cores.describe(),
        date: new Date().toISOString().slice(0, 10),
        versions: Object.fromEntries(adapters.map((adapter) => [adapter.name, version(adapter)])),
    };
}

module.exports = describe;
