import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { privatePorts } from "../support/ports";

/** The test suite of a published release. */
interface Suite {
    release: string;
    /** Number of tests. */
    tests: number;
    /** The modules in `lib` that it requires. */
    lib: string[];
    /** The tests that must fail, as with the original package: full title and reason. */
    failing: Record<string, string>;
}

const SUITES: Suite[] = [
    {
        release: "1.4.0",
        tests: 48,
        lib: ["ObjectBuffer"],
        failing: {
            "Client Handle ECONNREFUSED": "it expects a string in `errno`, which is a number since Node 13",
        },
    },
    {
        release: "1.6.0",
        tests: 52,
        lib: ["ObjectBuffer"],
        failing: {},
    },
    {
        release: "1.8.4",
        tests: 78,
        lib: ["ObjectBuffer", "TimedMap"],
        failing: {
            "Clean ups Empty out objects on graceful disconnect":
                "it expects two connections at the server as soon as two clients, begun together, are connected; " +
                "Node 20 accepts one connection a turn, so that the server knows of one",
        },
    },
];

/**
 * Loaded into mocha: the session tests (1.6.0 and later) leave their shared server open, so that no process could
 * end. Other open handles keep the process alive, and fail the test.
 */
const LET_GO = `
const { Server } = require("node:net");
const { listen } = Server.prototype;
const servers = [];
Server.prototype.listen = function (...args) {
    servers.push(this);
    return listen.apply(this, args);
};
exports.mochaHooks = { afterAll: () => servers.find((server) => server.address()?.port === 50032)?.unref() };
`;

/** The members of mocha's JSON report that this test reads, and whether the process ended without a kill. */
interface Report {
    stats: { tests: number; pending: number };
    failures: { fullTitle: string; err: { stack?: string } }[];
    ended: boolean;
}

describe("Published test suites, unmodified, against this library", () => {
    let folder: string;

    before(() => {
        folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    });

    after(() => {
        rmSync(folder, { recursive: true });
    });

    for (const suite of SUITES) {
        const { release, tests, failing } = suite;

        const exceptions = Object.keys(failing).map((title) => `, except "${title}"`);

        it(`${release}: ${tests} tests pass${exceptions.join("")}`, () => {
            const unexpected = ({ failures }: Report): string =>
                failures
                    .filter(({ fullTitle }) => !(fullTitle in failing))
                    .map(({ fullTitle, err }) => `${fullTitle}: ${err.stack ?? ""}`)
                    .join("\n");
            const place = join(folder, release);
            install(suite, place);

            let report = run(place);
            // The suites have timeouts of 10 ms, which a busy machine exceeds.
            if (unexpected(report) !== "") report = run(place);
            expect(unexpected(report)).to.equal("");
            expect(report.failures.map(({ fullTitle }) => fullTitle)).to.have.members(Object.keys(failing));
            expect(report.stats).to.include({ tests, pending: 0 });
            expect(report.ended, "ended by itself").to.be.true;
        });
    }
});

/** Creates a folder that looks like the package of that release, with our library inside. */
function install({ release, lib }: Suite, place: string): void {
    const original = dirname(require.resolve(`sockhop-${release}/package.json`));
    for (const part of ["test", "slambang.js"]) cpSync(join(original, part), join(place, part), { recursive: true });
    mkdirSync(join(place, "lib"));
    // For the packages that the tests require: chai and sinon.
    symlinkSync(dirname(dirname(require.resolve("mocha/package.json"))), join(place, "node_modules"), "junction");
    writeFileSync(join(place, "let-go.js"), LET_GO);
    const link = (file: string, target: string): void => {
        writeFileSync(join(place, file), `module.exports = require(${JSON.stringify(require.resolve(target))});\n`);
    };
    link("index.js", "sockhop");
    for (const module of lib) link(`lib/${module}.js`, `sockhop/lib/${module}.js`);
}

/** Runs the suite with our mocha, in a child process. */
function run(place: string): Report {
    const mocha = join(dirname(require.resolve("mocha/package.json")), "bin", "mocha.js");
    const file = join(place, "report.json");
    // No --exit: the test also checks that our library leaves no open handles.
    const hooks = ["--require", "./let-go.js"];
    const options = [
        "--no-config",
        "--no-package",
        ...hooks,
        "--reporter",
        "json",
        "--reporter-option",
        `output=${file}`,
    ];
    const { signal, stderr } = spawnSync(process.execPath, [mocha, ...options], {
        cwd: place,
        env: { ...process.env, ...privatePorts(join(place, "ports")) },
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
        timeout: 60_000,
    });
    expect(existsSync(file), `The suite did not run to its end: ${stderr}`).to.be.true;
    return { ...(JSON.parse(readFileSync(file, "utf8")) as Report), ended: signal === null };
}
