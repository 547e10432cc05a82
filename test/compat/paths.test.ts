import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";

// Loaded as programs do: by the package name, from the built files.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access */

describe("package entry points of sockhop 1.x", () => {
    const Sockhop = require("sockhop");

    it("exports the classes under their short names, with a capital letter as in 2.x, and their full ones", () => {
        for (const name of ["Server", "Client", "Session", "Error"]) {
            const full = Sockhop[`Sockhop${name}`];
            expect(full).to.have.property("name", `Sockhop${name}`);
            expect([Sockhop[name.toLowerCase()], Sockhop[name]]).to.deep.equal([full, full]);
        }
    });

    it("has the deep paths of 1.8, with and without .js, for the same classes", () => {
        for (const js of [".js", ""]) {
            for (const name of [
                "SockhopClient",
                "SockhopServer",
                "SockhopSession",
                "SockhopError",
                "ObjectBuffer",
                "TimedMap",
            ]) {
                expect(require(`sockhop/lib/${name}${js}`), name).to.equal(Sockhop[name]);
            }
            const { SockhopPing, SockhopPong } = Sockhop;
            expect({ ...require(`sockhop/lib/SockhopPing${js}`) }).to.deep.equal({ SockhopPing, SockhopPong });
            const { SockhopRequest, SockhopResponsePacket } = Sockhop;
            const { SockhopResponseReadableStream, SockhopResponseWriteableStream } = Sockhop;
            expect({ ...require(`sockhop/lib/SockhopRequest${js}`) }).to.deep.equal({
                SockhopRequest,
                SockhopResponsePacket,
                SockhopResponseReadableStream,
                SockhopResponseWriteableStream,
            });
        }
        expect([require("sockhop/index"), require("sockhop/index.js")]).to.deep.equal([Sockhop, Sockhop]);
        for (const path of ["sockhop/package", "sockhop/package.json"]) {
            expect(require(path)).to.have.property("name", "sockhop");
        }
    });

    it("can be imported by name from an ES module", async () => {
        const imported = (await import("sockhop")) as Record<string, unknown>;
        expect(imported).to.include.keys(
            "server",
            "client",
            "SockhopServer",
            "SockhopClient",
            "SockhopError",
            "ObjectBuffer",
        );
    });

    it("creates emitters and errors", () => {
        const { EventEmitter } = require("node:events");
        for (const each of [new Sockhop.server(), new Sockhop.client(), new Sockhop.ObjectBuffer()]) {
            expect(each).to.be.instanceOf(EventEmitter);
        }
        const error = new Sockhop.error("text", "ERR_BAD_DATA");
        expect(error).to.be.instanceOf(Error);
        expect([error.name, error.message, error.code]).to.deep.equal(["Error", "text", "ERR_BAD_DATA"]);
    });

    it("lists every code that an error can have in docs/errors.md", () => {
        const read = (file: string): string => readFileSync(join(__dirname, "../..", file), "utf8");
        const codes = [...read("src/SockhopError.ts").matchAll(/\| "(ERR_\w+)"/g)].map(([, code]) => code);
        const headings = [...read("docs/errors.md").matchAll(/^### (ERR_\w+)$/gm)].map(([, code]) => code);
        expect(codes).to.not.be.empty;
        expect(headings).to.deep.equal(codes);
    });

    it("allows chained calls of on() and once()", () => {
        const s = new Sockhop.server();
        expect(s.on("connect", () => undefined).once("disconnect", () => undefined)).to.equal(s);
    });

    it("has no dependencies and no install scripts", () => {
        const manifest = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as {
            dependencies?: object;
            scripts: object;
        };
        expect(manifest.dependencies ?? {}).to.deep.equal({});
        expect(manifest.scripts).to.not.have.any.keys("install", "preinstall", "postinstall", "prepare");
    });
});
