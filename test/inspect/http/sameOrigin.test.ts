import { expect } from "chai";
import { isSameOrigin } from "../../../src/inspect/http/sameOrigin";

describe("isSameOrigin()", () => {
    it("accepts the address of the server, and its own pages", () => {
        for (const host of ["127.0.0.1:8099", "localhost:8099"]) {
            expect(isSameOrigin({ host }, 8099), host).to.equal(true);
            expect(isSameOrigin({ host, origin: `http://${host}`, "sec-fetch-site": "same-origin" }, 8099)).to.equal(
                true,
            );
        }
    });

    it("accepts the address without the port 80, which clients leave out", () => {
        for (const name of ["127.0.0.1", "localhost"]) {
            for (const host of [name, `${name}:80`]) {
                expect(isSameOrigin({ host }, 80), host).to.equal(true);
                expect(isSameOrigin({ host, origin: `http://${name}` }, 80), host).to.equal(true);
                expect(isSameOrigin({ host }, 8099), host).to.equal(false);
            }
        }
        expect(isSameOrigin({ host: "localhost:8099", origin: "http://localhost" }, 8099)).to.equal(false);
    });

    it("refuses other hosts, origins and sites", () => {
        const host = "127.0.0.1";
        const refused = [
            {},
            { host: "" },
            { host: "attacker.test" },
            { host: "127.0.0.1:80:80" },
            { host: "127.0.0.1:" },
            { host: "127.0.0.1:443" },
            { host, origin: "http://localhost" },
            { host, origin: "https://127.0.0.1" },
            { host, origin: "http://127.0.0.1:8099" },
            { host, origin: "" },
            { host, origin: "null" },
            { host, "sec-fetch-site": "same-site" },
            { host, "sec-fetch-site": "cross-site" },
        ];
        for (const headers of refused) expect(isSameOrigin(headers, 80), JSON.stringify(headers)).to.equal(false);
    });
});
