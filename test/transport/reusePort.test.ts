import { expect } from "chai";
import type { SockhopError } from "../../src";
import { SockhopServer } from "../../src";
import { Listener } from "../../src/transport/Listener";
import { CallSite } from "../../src/runtime/CallSite";
import { reusePort } from "../../src/transport/reusePort";
import { rejection, socketPath } from "../support/pair";

const runtime = (node: string, platform = "linux") => ({ platform, versions: { node } });

/** Code and message of the error that a function throws. */
function thrown(action: () => unknown): string {
    try {
        action();
    } catch (error) {
        return `${(error as SockhopError).code}: ${(error as Error).message}`;
    }
    throw new Error("Nothing was thrown");
}

// Two servers on one port: test/runtimes/checks/local.js
describe("The option reuse_port", () => {
    it("is off by default", () => {
        for (const value of [undefined, null, false]) expect(reusePort(value, true, runtime("20.0.0"))).to.equal(false);
    });

    it("is allowed where Node has it", () => {
        for (const node of ["22.12.0", "22.20.1", "23.1.0", "24.0.0", "26.1.2"]) {
            for (const platform of ["linux", "freebsd", "sunos", "aix"]) {
                expect(reusePort(true, false, runtime(node, platform))).to.equal(true);
            }
        }
    });

    it("throws what is needed elsewhere", () => {
        for (const node of ["20.20.2", "22.11.0", "23.0.0", "21.7.3"]) {
            const message = `ERR_BAD_OPTION: reuse_port needs Node.js 22.12 or newer (23.1 of version 23), and this is ${node}`;
            expect(thrown(() => reusePort(true, false, runtime(node)))).to.equal(message);
        }
        for (const platform of ["darwin", "win32"]) {
            expect(thrown(() => reusePort(true, false, runtime("24.0.0", platform))))
                .to.include("ERR_BAD_OPTION: reuse_port needs Linux")
                .and.include(platform);
        }
    });

    it("is not for a path or a name", () => {
        for (const place of [{ path: socketPath() }, { name: "shared" }]) {
            expect(thrown(() => new SockhopServer({ ...place, reuse_port: true }))).to.include(
                "not for a path or a name",
            );
        }
    });

    it("is not for a path that the program assigns later", async () => {
        const events = { accepted: () => undefined, failed: () => true, refused: () => undefined };
        const listener = new Listener({ tls: undefined, most: Infinity, mode: undefined, reusePort: true }, events);
        const address = { path: socketPath(), address: "", port: 0 };
        const error = await rejection(listener.listen(address, new CallSite(rejection)));
        expect(error).to.have.property("code", "ERR_BAD_OPTION");
    });

    it("must be true or false", () => {
        for (const value of [1, "yes", {}, 0, ""]) {
            expect(thrown(() => new SockhopServer({ reuse_port: value as boolean }))).to.equal(
                "ERR_BAD_OPTION: reuse_port must be true or false",
            );
        }
    });
});
