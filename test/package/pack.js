// Packs the built library as users get it. Prints the path of the file.
//
//     npm run pack                                 into the current folder
//     npm run pack -- --destination FOLDER
//     npm run pack -- --release                    refuses while the address of the repository is a placeholder
//     npm run pack -- --inspector                  packs sockhop-inspect, the package of the inspector
//
// The packed files differ from those of the repository: the README has absolute links and pictures, since the other pages are
// not packed, and the manifest has only what users need. A copy is packed, so that an interrupted run changes no file.
"use strict";

const { execFileSync } = require("node:child_process");
const { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { missing, repository } = require("./address.js");

const ROOT = path.join(__dirname, "../..");

/** Members of package.json that only developers of the library need. */
const PRIVATE = new Set(["scripts", "devDependencies", "c8", "typedocOptions", "allowScripts", "overrides"]);

/** The built package of the inspector. */
const INSPECTOR = path.join(ROOT, "dist/inspect-package");

function readManifest(folder) {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
}

function writeManifest(folder, manifest) {
    writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Makes the relative links of a page absolute, outside of code. They lead to the files of this version.
 *
 * @param folder - in which the page is
 */
function absolute(page, version, folder = "") {
    const link = (target) => {
        if (/^(?:[a-z]+:|#)/.test(target)) return target;
        return `${repository}/${/\.(?:png|svg|gif)$/.test(target) ? "raw" : "blob"}/v${version}/${path.posix.join(folder, target)}`;
    };
    const text = (part) =>
        part
            .replace(/\]\(([^)\s]+)\)/g, (all, target) => `](${link(target)})`)
            .replace(/^(\[[^\]]+\]: +)(\S+)/gm, (all, name, target) => name + link(target))
            .replace(/\b(href|src|srcset)="([^"]+)"/g, (all, name, target) => `${name}="${link(target)}"`);
    return page
        .split(/(^```[^]*?^```$)/m)
        .map((part, index) => (index % 2 === 0 ? text(part) : part))
        .join("");
}

/** Writes all that is published of the library into an empty folder. */
function stageLibrary(folder) {
    const members = Object.entries(readManifest(ROOT));
    const manifest = Object.fromEntries(members.filter(([name]) => !PRIVATE.has(name)));
    const readme = readFileSync(path.join(ROOT, "README.md"), "utf8");
    writeManifest(folder, manifest);
    writeFileSync(path.join(folder, "README.md"), absolute(readme, manifest.version));
    for (const name of ["LICENSE", "dist"]) cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
}

/** The same of the inspector, with the version and the addresses of the library. */
function stageInspector(folder) {
    const { version, homepage, bugs, repository: address } = readManifest(ROOT);
    cpSync(INSPECTOR, folder, { recursive: true });
    const { directory } = readManifest(INSPECTOR).repository; // where its page is
    const shared = {
        version,
        homepage,
        bugs,
        repository: { ...address, directory },
        dependencies: { sockhop: version },
    };
    const readme = readFileSync(path.join(INSPECTOR, "README.md"), "utf8");
    writeManifest(folder, { ...readManifest(INSPECTOR), ...shared });
    writeFileSync(path.join(folder, "README.md"), absolute(readme, version, directory));
}

function main() {
    const { values } = parseArgs({
        options: {
            destination: { type: "string", default: "." },
            release: { type: "boolean", default: false },
            inspector: { type: "boolean", default: false },
        },
    });
    if (missing) console.error(missing);
    if (missing && values.release) {
        process.exitCode = 1;
        return;
    }
    const folder = mkdtempSync(path.join(tmpdir(), "sockhop-pack-"));
    try {
        if (values.inspector) stageInspector(folder);
        else stageLibrary(folder);
        const destination = path.resolve(values.destination);
        const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", destination];
        const windows = process.platform === "win32";
        const name = execFileSync(windows ? "npm.cmd" : "npm", args, {
            cwd: folder,
            shell: windows,
            stdio: ["ignore", "pipe", "inherit"],
            encoding: "utf8",
        });
        console.log(path.join(destination, name.trim()));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

main();
