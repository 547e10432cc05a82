// Packages of an implementation on the disk.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

function manifest(folder) {
    return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
}

/** Path of a package required from this folder; `undefined` if it is missing. */
function find(name, from) {
    for (let folder = from; ; folder = path.dirname(folder)) {
        const found = path.join(folder, "node_modules", name);
        if (fs.existsSync(path.join(found, "package.json"))) return found;
        if (folder === path.dirname(folder)) return undefined;
    }
}

/** Folders of a package and its dependencies. */
function closure(folder, found = new Set()) {
    if (found.has(folder)) return found;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = manifest(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
        const dependency = find(name, folder);
        if (dependency) closure(dependency, found);
    }
    return found;
}

/** Size in bytes of a file, or of all files below a folder, without nested packages. */
function bytes(entry) {
    const stat = fs.lstatSync(entry);
    if (!stat.isDirectory()) return stat.size;
    if (path.basename(entry) === "node_modules") return 0;
    return fs.readdirSync(entry).reduce((sum, name) => sum + bytes(path.join(entry, name)), 0);
}

/** Size in bytes of the published files of a folder. */
function publishedBytes(folder) {
    const pack = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const [{ unpackedSize }] = JSON.parse(
        execFileSync("npm", pack, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }),
    );
    return unpackedSize;
}

/** Packages of an implementation, without dependencies. */
function own(adapter) {
    return adapter.packages.map((name) => find(name, __dirname));
}

/** Installed bytes of an implementation, and its number of dependencies. */
function size(adapter) {
    const folders = own(adapter);
    // This package has development dependencies only.
    if (folders.length === 0 && adapter.folder) return { bytes: publishedBytes(adapter.folder), dependencies: 0 };
    const all = new Set(folders.flatMap((folder) => [...closure(folder)]));
    return { bytes: [...all].reduce((sum, folder) => sum + bytes(folder), 0), dependencies: all.size - folders.length };
}

/** Packages of an implementation and those that it needs beside it, which this version finds in its own folder. */
function used(adapter) {
    if (adapter.packages.length > 0 || !adapter.folder) return own(adapter);
    return [adapter.folder, ...(adapter.peers ?? []).map((name) => find(name, adapter.folder))];
}

/** Name and version of an implementation's packages; "" for our own programs. */
function version(adapter) {
    return used(adapter)
        .filter((folder) => folder !== undefined)
        .map((folder) => `${manifest(folder).name} ${manifest(folder).version}`)
        .join(", ");
}

/** True if its packages are installed. */
function installed(adapter) {
    return own(adapter).every((folder) => folder !== undefined);
}

module.exports = { find, size, version, installed };
