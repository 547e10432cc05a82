import { expect } from "chai";
import { SockhopClient, SockhopError, SockhopServer } from "../../src";
import { milliseconds } from "../../src/core/limits";

describe("options", () => {
    it("have the defaults of sockhop 1.x", () => {
        const client = new SockhopClient();
        expect([client.path, client.address, client.port]).to.deep.equal([null, "127.0.0.1", 50000]);
        const server = new SockhopServer();
        expect([server.path, server.address, server.port]).to.deep.equal([null, "127.0.0.1", 50000]);
    });

    it("mean the default where they are falsy", () => {
        const client = new SockhopClient({ path: "", address: null, port: 0 });
        expect([client.path, client.address, client.port]).to.deep.equal([null, "127.0.0.1", 50000]);
        expect(new SockhopServer({ port: null }).port).to.equal(50000);
    });

    it("allow port 0 on a server", () => {
        expect(new SockhopServer({ port: 0 }).port).to.equal(0);
    });

    describe("that are times", () => {
        it("are taken as they are, or by default", () => {
            expect([20, 0, undefined, null].map((time) => milliseconds("t", time, 5))).to.deep.equal([20, 5, 5, 5]);
        });

        it("never overflow the timer, which would make them 1 ms", () => {
            expect([Infinity, 2 ** 40].map((time) => milliseconds("t", time, 5))).to.deep.equal(
                Array(2).fill(2 ** 31 - 1),
            );
        });

        it("are refused when they are negative or no number", () => {
            for (const wrong of [-1, NaN, "soon", {}]) {
                expect(() => new SockhopClient({ connect_timeout: wrong as number }))
                    .to.throw(SockhopError, "connect_timeout")
                    .with.property("code", "ERR_BAD_OPTION");
                expect(() => new SockhopClient({ auto_reconnect_interval: wrong as number }))
                    .to.throw(SockhopError, "auto_reconnect_interval")
                    .with.property("code", "ERR_BAD_OPTION");
            }
        });
    });

    it("refuse an empty terminator at once", () => {
        expect(() => new SockhopServer({ terminator: "" }))
            .to.throw(SockhopError)
            .with.property("code", "ERR_BAD_OPTION");
    });
});
