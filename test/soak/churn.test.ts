import { expect } from "chai";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const CONNECTIONS = 10_000;
/** Limit in bytes. A retained connection takes more. */
const GROWTH_PER_CONNECTION = 100;

/** Resources of one of the two processes. */
interface Look {
    heap: number;
    handles: Record<string, number>;
}

interface Churn {
    before: Record<"client" | "server", Look>;
    after: Record<"client" | "server", Look>;
}

describe("10 000 opened and closed connections", function () {
    this.timeout(300_000);

    let churn: Churn;

    before(async () => {
        const args = ["--expose-gc", join(__dirname, "churn.js"), String(CONNECTIONS)];
        const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 250_000 });
        expect(stderr).to.equal("");
        churn = JSON.parse(stdout) as Churn;
    });

    for (const end of ["client", "server"] as const) {
        it(`leave no resources in the process of the ${end}`, () => {
            const { before, after } = { before: churn.before[end], after: churn.after[end] };
            expect(after.handles).to.deep.equal(before.handles);
            expect((after.heap - before.heap) / CONNECTIONS).to.be.below(GROWTH_PER_CONNECTION);
        });
    }
});
