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

/** What came of a scenario, in the order of the exit codes of run.js, which explains them. */
const OUTCOMES = ["passed", "crashed", "misbehaved", "threw", "hung"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Provokes a defect in a process of its own. */
interface Scenario {
    /** The defect, as somebody notices it who uses the library that has it. */
    title: string;
    /** What comes of it with the original that has the defect: it shows that the scenario can fail, and fails as it should. */
    outcome: Exclude<Outcome, "passed">;
    /** That original, `sockhop-1.8.4` unless it is stated. */
    original?: string;
    // And for run.js: `run(tools)`, which resolves when the wanted behaviour was seen, and `endsByItself`, which says that
    // the process has to end then.
}

interface Result {
    outcome: Outcome;
    output: string;
}

// The scenarios are no TypeScript, since they run without a compiler, in many processes.
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

    /** Runs a scenario against a module, and remembers what came of it. */
    async function play(module: string, id: string, limit: number): Promise<void> {
        results.set(`${module} ${id}`, await run(folder, module, id, limit));
    }

    before("run all scenarios", async function () {
        this.timeout(150_000);
        folder = await mkdtemp(join(tmpdir(), "sockhop-"));
        await inParallel(
            4,
            scenarios.flatMap(({ id, original, outcome }) => [
                // Nobody ever waits for the longer limit, unless a test is about to fail.
                () => play(OURS, id, 8000),
                () => play(original, id, outcome === "hung" ? 1000 : 8000),
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
        // What these processes cover nobody counts, and so many reports would take longer than the scenarios.
        env: { ...process.env, TMPDIR: folder, NODE_V8_COVERAGE: undefined },
        killSignal: "SIGKILL",
        timeout: limit + 5000, // for what keeps its own clock from turning
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

/** Runs all tasks, so many at a time. */
async function inParallel(width: number, tasks: (() => Promise<void>)[]): Promise<void> {
    const queue = tasks.values(); // all share it
    const workers = Array.from({ length: width }, async () => {
        for (const task of queue) await task();
    });
    await Promise.all(workers);
}
