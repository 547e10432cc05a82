import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";

// As a program gets them: by the package's name, from what was built.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access */

describe("the package, as programs for sockhop 1.x require it", () => {
    const Sockhop = require("sockhop");

    it("exports the classes under their short names, and their full ones", () => {
        expect(Sockhop.server).to.equal(Sockhop.SockhopServer).and.have.property("name", "SockhopServer");
        expect(Sockhop.client).to.equal(Sockhop.SockhopClient).and.have.property("name", "SockhopClient");
        expect(Sockhop.error).to.equal(Sockhop.SockhopError).and.have.property("name", "SockhopError");
    });

    it("has the deep path of 1.4, with and without .js, for the same class", () => {
        for (const path of ["sockhop/lib/ObjectBuffer.js", "sockhop/lib/ObjectBuffer"]) {
            expect(require(path)).to.equal(Sockhop.ObjectBuffer);
        }
        expect(require("sockhop/index.js")).to.equal(Sockhop);
        expect(require("sockhop/package.json")).to.have.property("name", "sockhop");
    });

    it("can be imported by name from an ES module", async () => {
        const imported = (await import("sockhop")) as Record<string, unknown>;
        expect(imported).to.include.keys("server", "client", "SockhopServer", "SockhopClient", "SockhopError", "ObjectBuffer");
    });

    it("makes emitters and errors", () => {
        const { EventEmitter } = require("node:events");
        for (const each of [new Sockhop.server(), new Sockhop.client(), new Sockhop.ObjectBuffer()]) {
            expect(each).to.be.instanceOf(EventEmitter);
        }
        const error = new Sockhop.error("text", "ERR_BAD_DATA");
        expect(error).to.be.instanceOf(Error);
        expect([error.name, error.message, error.code]).to.deep.equal(["Error", "text", "ERR_BAD_DATA"]);
    });

    it("lets on() and once() be chained", () => {
        const s = new Sockhop.server();
        expect(s.on("connect", () => undefined).once("disconnect", () => undefined)).to.equal(s);
    });

    it("depends on Node alone, and runs nothing when it is installed", () => {
        const manifest = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as {
            dependencies?: object;
            scripts: object;
        };
        expect(manifest.dependencies ?? {}).to.deep.equal({});
        expect(manifest.scripts).to.not.have.any.keys("install", "preinstall", "postinstall");
    });
});
