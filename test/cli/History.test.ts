import { expect } from "chai";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { History } from "../../src/cli/terminal/History";
import { later, socketPath } from "../support/pair";

describe("History", () => {
    const VARIABLES = ["SOCKHOP_HISTORY", "XDG_STATE_HOME"] as const;

    beforeEach(() => {
        for (const name of VARIABLES) {
            const value = process.env[name];
            later(() => {
                if (value === undefined) Reflect.deleteProperty(process.env, name);
                else process.env[name] = value;
            });
            Reflect.deleteProperty(process.env, name);
        }
    });

    it("stores lines in the state folder, readable only by the user", () => {
        const state = (process.env["XDG_STATE_HOME"] = join(dirname(socketPath()), "state"));
        expect(new History().load()).to.deep.equal([]);
        new History().add("first");
        new History().add("second");
        expect(new History().load()).to.deep.equal(["second", "first"]);
        const file = join(state, "sockhop/history");
        expect(readFileSync(file, "utf8")).to.equal("first\nsecond\n");
        expect(statSync(file).mode & 0o777).to.equal(0o600);
        expect(statSync(dirname(file)).mode & 0o777).to.equal(0o700);
    });

    it("keeps the newest 1000 lines", () => {
        const file = (process.env["SOCKHOP_HISTORY"] = join(dirname(socketPath()), "history"));
        appendFileSync(file, Array.from({ length: 2001 }, (_, n) => `line ${n}\n`).join(""));
        const lines = new History().load();
        expect(lines).to.have.length(1000);
        expect([lines[0], lines[999]]).to.deep.equal(["line 2000", "line 1001"]);
        expect(readFileSync(file, "utf8").split("\n")).to.have.length(1001);
    });

    it("works without a file", () => {
        process.env["SOCKHOP_HISTORY"] = "";
        new History().add("lost");
        expect(new History().load()).to.deep.equal([]);
        process.env["SOCKHOP_HISTORY"] = join(socketPath(), "\0");
        new History().add("lost");
        expect(new History().load()).to.deep.equal([]);
    });
});
