import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createRequire, wrap } from "node:module";
import { join } from "node:path";
import vm from "node:vm";
import type * as Sockhop from "../../src";
import { later } from "../support/pair";

const FILE = join(__dirname, "../../dist/library.js");

/** Loads the built library in a new realm, which has no other globals than these. */
function load(globals: object): typeof Sockhop {
    const module = { exports: {} as (require: NodeJS.Require) => typeof Sockhop };
    const run = vm.runInNewContext(wrap(readFileSync(FILE, "utf8")), globals) as (...args: unknown[]) => void;
    run(module.exports, undefined, module);
    return module.exports(createRequire(FILE));
}

describe("a realm with no global of Node but Buffer", () => {
    for (const codec of ["json", "binary"] as const) {
        it(`runs the library: codec ${codec}`, async () => {
            const { SockhopClient, SockhopServer } = load({ Buffer });
            const server = new SockhopServer({ port: 0, codec });
            later(() => server.close());
            server.on("request", (request, response) => void response.send(request.data));
            await server.listen();
            const client = new SockhopClient({ port: server.get_bound_port()!, codec });
            later(() => client.disconnect());
            await client.connect();
            expect(await client.ask("hello", { timeout: 10_000 })).to.equal("hello");
            client.ping(10_000);
            if (codec === "binary") expect(String(await client.ask(new URL("http://host/")))).to.equal("http://host/");
        });
    }
});
