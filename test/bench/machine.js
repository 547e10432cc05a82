"use strict";

const os = require("node:os");
const cores = require("./cores.js");
const { version: engineVersion } = require("./engines.js");
const { version } = require("./packages.js");

/** Versions of an implementation, and of the engine that joins its servers. */
function versions(adapter) {
    return [version(adapter), adapter.engine && engineVersion(adapter.engine)].filter(Boolean).join(", ");
}

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
        versions: Object.fromEntries(adapters.map((adapter) => [adapter.name, versions(adapter)])),
    };
}

module.exports = describe;
