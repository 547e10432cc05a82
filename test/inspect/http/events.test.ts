import { expect } from "chai";
import { path_of } from "../../../src";
import { inspectorPath } from "../../../src/inspect/http/events";

describe("inspectorPath()", () => {
    it("is the path of NAME.inspect, also for the longest name of a server", () => {
        expect(inspectorPath("chat")).to.equal(path_of("chat.inspect"));
        expect(inspectorPath("chat.sock")).to.equal(path_of("chat.sock.inspect"));
        const name = "a".repeat(64);
        expect(inspectorPath(name)).to.equal(path_of(name).replace(name, `${name}.inspect`));
    });

    it("is refused for an invalid name, as a server", () => {
        for (const name of ["", "a".repeat(65), ".a", "a/b"])
            expect(() => inspectorPath(name), name).to.throw("name must have 1 to 64 letters");
    });
});
