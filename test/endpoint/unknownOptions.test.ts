import { expect } from "chai";
import type { ClientOptions, ServerOptions } from "../../src";
import { OPTION_NAMES, warnUnknownOptions } from "../../src/endpoint/unknownOptions";
import { turns } from "../support/eventLoop";
import { warnings } from "../support/rejections";

describe("OPTION_NAMES", () => {
    it("has each option of client and server", () => {
        // The compiler fails here if an option is missing or misspelled.
        const missing: Exclude<keyof (ClientOptions & ServerOptions), (typeof OPTION_NAMES)[number]>[] = [];
        const unknown: Exclude<(typeof OPTION_NAMES)[number], keyof (ClientOptions & ServerOptions)>[] = [];
        expect([...missing, ...unknown]).to.deep.equal([]);
        expect(new Set(OPTION_NAMES)).to.have.lengthOf(OPTION_NAMES.length);
    });
});

describe("warnUnknownOptions()", () => {
    it("warns at most ten times of one object, which may be a Buffer", async () => {
        const emitted = warnings();
        warnUnknownOptions(Buffer.alloc(100_000));
        await turns(2);
        expect(emitted).to.have.length(10);
    });
});
