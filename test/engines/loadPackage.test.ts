import { expect } from "chai";
import { loadPackage } from "../../src/engines/loadPackage";
import type { Coded } from "../support/events";

async function reason(load: () => Promise<unknown>): Promise<Coded> {
    return loadPackage("some-package", ">=5", load, "create").then(
        () => expect.fail("It has loaded"),
        (error: unknown) => error as Coded,
    );
}

describe("loadPackage()", () => {
    const create = (): number => 1;

    it("returns the function of the package, also of a default export", async () => {
        for (const loaded of [{ create }, { default: { create } }]) {
            const load = (): Promise<unknown> => Promise.resolve(loaded);
            expect(await loadPackage("some-package", ">=5", load, "create")).to.equal(create);
        }
    });

    it("rejects with ERR_NO_ENGINE and the command that installs a missing package", async () => {
        const failures = [
            ["MODULE_NOT_FOUND", "Cannot find module 'some-package'\nRequire stack:\n- /app/index.js"],
            ["ERR_MODULE_NOT_FOUND", "Cannot find package 'some-package' imported from /app/index.mjs"],
        ] as const;
        for (const [code, message] of failures) {
            const cause = Object.assign(new Error(message), { code });
            const error = await reason(() => Promise.reject(cause));
            expect(error).to.include({ code: "ERR_NO_ENGINE", cause });
            expect(error.message).to.equal('The package some-package is not installed: npm install "some-package@>=5"');
        }
    });

    it("rejects with ERR_NO_ENGINE for an old package, and for one that does not load", async () => {
        const old = await reason(() => Promise.resolve({ createClient: create }));
        expect(old).to.have.property("code", "ERR_NO_ENGINE");
        expect(old.message).to.match(/^The package some-package is too old: npm install/);
        const inner = Object.assign(new Error("Cannot find module 'other'\n- some-package"), {
            code: "MODULE_NOT_FOUND",
        });
        for (const cause of [inner, new SyntaxError("Unexpected token")]) {
            const error = await reason(() => Promise.reject(cause));
            expect(error).to.include({ code: "ERR_NO_ENGINE", cause });
            expect(error.message).to.match(/^The package some-package does not load: npm install/);
        }
    });
});
