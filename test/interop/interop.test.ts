import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COLUMNS, FEATURES, type Feature } from "./features";
import { Link } from "./Link";
import { PAIRINGS, RESUME_PAIRINGS, ROWS, title, type Pairing } from "./pairings";

/** Runs checks one after the other between the same two processes; starts new ones after a failed check. */
class Inspection {
    /** Timeout of a check in milliseconds. */
    static readonly limit = 60_000;
    readonly #pairing: Pairing;
    readonly #folder: string;
    #link: Link | undefined;

    constructor(pairing: Pairing, folder: string) {
        this.#pairing = pairing;
        this.#folder = folder;
    }

    async run({ check }: Feature): Promise<void> {
        const running = this.#link;
        const link = running ?? new Link(this.#pairing, this.#folder);
        this.#link = link;
        const timer = setTimeout(() => {
            link.over.abort(new Error(`Not finished in ${Inspection.limit} ms`));
        }, Inspection.limit);
        try {
            if (!running) await link.open();
            await check(link);
            link.assertQuiet();
        } catch (error) {
            await this.end();
            throw error;
        } finally {
            clearTimeout(timer);
        }
    }

    async end(): Promise<void> {
        await this.#link?.close();
        this.#link = undefined;
    }
}

/** The error of each check, or undefined. */
type Outcomes = Map<Feature, Map<Pairing, Promise<unknown>>>;

describe("Interoperability with published releases", function () {
    this.timeout(300_000);
    let folder: string;
    const outcomes: Outcomes = new Map(FEATURES.map((feature) => [feature, new Map<Pairing, Promise<unknown>>()]));
    const inspections: Promise<unknown>[] = [];

    // All pairings run at the same time, because they mostly wait.
    before("start the checks", async () => {
        folder = await mkdtemp(join(tmpdir(), "sockhop-"));
        for (const pairing of [...PAIRINGS, ...RESUME_PAIRINGS]) {
            const inspection = new Inspection(pairing, folder);
            let last: Promise<unknown> = Promise.resolve();
            for (const feature of FEATURES.filter((each) => pairingsOf(each).includes(pairing))) {
                last = last.then(() => inspection.run(feature)).catch((error: unknown) => error);
                outcomes.get(feature)!.set(pairing, last);
            }
            inspections.push(last.then(() => inspection.end()));
        }
    });

    after("wait for running checks", async () => {
        await Promise.all(inspections);
        await rm(folder, { recursive: true });
    });

    for (const feature of FEATURES) {
        describe(feature.promise, () => {
            for (const pairing of pairingsOf(feature)) {
                it(title(pairing), async () => {
                    const error = await outcomes.get(feature)!.get(pairing);
                    if (error) throw error as Error;
                });
            }
        });
    }

    // A separate suite, because mocha runs the tests of a suite before its nested suites.
    describe("summary", () => {
        it("matches the table in docs/compatibility.md", async () => {
            const table = await matrix(outcomes);
            process.stdout.write(`\n${table}\n`);
            assertDocumented(table);
        });
    });
});

function pairingsOf({ applies = () => true }: Feature): Pairing[] {
    return [...PAIRINGS, ...RESUME_PAIRINGS].filter(applies);
}

/** The outcomes as a table: a row for each release and transport, a column for each feature. */
async function matrix(outcomes: Outcomes): Promise<string> {
    const lines: string[][] = [
        ["release", "transport", ...COLUMNS],
        ["---", "---", ...COLUMNS.map(() => "---")],
    ];
    for (const row of ROWS) {
        const line: string[] = [row.release, row.transport];
        for (const column of COLUMNS) {
            const feature = FEATURES.find((each) => each.column === column)!;
            const marks = pairingsOf(feature)
                .filter(({ release, transport, resume }) => {
                    return release === row.release && transport === row.transport && !resume;
                })
                .map(async (pairing) => ((await outcomes.get(feature)!.get(pairing)) ? "✗" : "✓"));
            line.push((await Promise.all(marks)).join("/") || "–");
        }
        lines.push(line);
    }
    return lines.map((line) => `| ${line.join(" | ")} |\n`).join("");
}

/** Compares the table with the documented one, or updates it if UPDATE_COMPATIBILITY is set. */
function assertDocumented(table: string): void {
    const file = join(__dirname, "../../docs/compatibility.md");
    const document = readFileSync(file, "utf8");
    const updated = document.replace(/(?<=<!-- matrix -->\n\n).*?(?=\n<!-- \/matrix -->)/s, table);
    if (process.env["UPDATE_COMPATIBILITY"]) writeFileSync(file, updated);
    else expect(document, "UPDATE_COMPATIBILITY=1 updates it").to.equal(updated);
    expect(updated).to.include(table);
}
