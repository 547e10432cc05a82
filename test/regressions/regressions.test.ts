import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OURS = "sockhop";

/** The files with scenarios. */
const SUBJECTS = [
    "hostile-peers",
    "callbacks",
    "connecting",
    "listening",
    "lists",
    "lost-data",
    "reconnection",
    "json-mode",
    "values",
    "object-buffer",
    "requests",
    "sessions",
    "tls",
    "process",
];

/** Outcomes of a scenario, in the order of the exit codes of run.js, which documents them. */
const OUTCOMES = ["passed", "crashed", "misbehaved", "threw", "hung"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Reproduces a defect in a child process. */
interface Scenario {
    /** The defect, as users of the affected release see it. */
    title: string;
    /** Outcome with the affected release: it shows that the scenario can fail, and fails as expected. */
    outcome: Exclude<Outcome, "passed">;
    /** The affected release, `sockhop-1.8.4` by default. */
    original?: string;
    // Members for run.js: `run(tools)`, which resolves after the correct behavior, and `endsByItself`, which requires that
    // the process ends then.
}

interface Result {
    outcome: Outcome;
    output: string;
}

// The scenarios are JavaScript, because they run without a compiler in many processes.
const load = createRequire(__filename);
const scenarios = SUBJECTS.flatMap((subject) =>
    Object.entries(load(`./${subject}.js`) as Record<string, Scenario>).map(([key, scenario]) => ({
        original: "sockhop-1.8.4",
        ...scenario,
        subject,
        id: `${subject}/${key}`,
    })),
);

describe("Defects of the originals that this library does not have", () => {
    const results = new Map<string, Result>();
    let folder: string;

    /** Runs a scenario against a module, and stores its outcome. */
    async function play(module: string, id: string, limit: number): Promise<void> {
        results.set(`${module} ${id}`, await run(folder, module, id, limit));
    }

    before("run all scenarios", async function () {
        this.timeout(900_000);
        folder = await mkdtemp(join(tmpdir(), "sockhop-"));
        await inParallel(
            4,
            scenarios.flatMap(({ id, original, outcome }) => [
                // The longer timeout is reached only if a test is about to fail.
                () => play(OURS, id, 30_000),
                () => play(original, id, outcome === "hung" ? 1000 : 30_000),
            ]),
        );
    });

    after(async () => {
        await rm(folder, { recursive: true });
    });

    for (const subject of new Set(scenarios.map((scenario) => scenario.subject))) {
        describe(subject, () => {
            for (const { id, title, original, outcome } of scenarios.filter(
                (scenario) => scenario.subject === subject,
            )) {
                it(`${title} (${original})`, () => {
                    for (const [module, expected] of [
                        [OURS, "passed"],
                        [original, outcome],
                    ] as const) {
                        const { outcome: actual, output } = results.get(`${module} ${id}`)!;
                        expect(actual, `node test/regressions/run.js ${module} ${id}\n${output}`).to.equal(expected);
                    }
                });
            }
        });
    }
});

function run(folder: string, module: string, id: string, limit: number): Promise<Result> {
    const options = {
        // Coverage of these processes is not used, and so many reports would take longer than the scenarios.
        env: { ...process.env, TMPDIR: folder, NODE_V8_COVERAGE: undefined },
        killSignal: "SIGKILL",
        timeout: limit + 5000, // for a scenario that blocks its own event loop
    } as const;
    return new Promise((resolve) => {
        execFile(
            process.execPath,
            [join(__dirname, "run.js"), module, id, String(limit)],
            options,
            (error, stdout, stderr) => {
                const code = error ? error.code : 0;
                const outcome = typeof code === "number" ? OUTCOMES[code] : "hung";
                resolve({ outcome: outcome ?? "crashed", output: stdout + stderr });
            },
        );
    });
}

/** Runs all tasks, a limited number at a time. */
async function inParallel(width: number, tasks: (() => Promise<void>)[]): Promise<void> {
    const queue = tasks.values(); // shared by all workers
    const workers = Array.from({ length: width }, async () => {
        for (const task of queue) await task();
    });
    await Promise.all(workers);
}
