import { expect } from "chai";
import { appendFileSync, chownSync, readFileSync, readdirSync, statSync } from "node:fs";
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

    it("stores nothing of root in the folders of another user", function () {
        if (process.getuid?.() !== 0) this.skip();
        const home = dirname(socketPath());
        const state = (process.env["XDG_STATE_HOME"] = join(home, "state"));
        chownSync(home, 65534, 65534);
        new History().add("secret");
        expect(readdirSync(home)).to.deep.equal([]);
        process.env["SOCKHOP_HISTORY"] = join(state, "history"); // a path of the user is used as it is
        new History().add("line");
        expect(new History().load()).to.deep.equal(["line"]);
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
