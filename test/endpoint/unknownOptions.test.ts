import { expect } from "chai";
import type { ClientOptions, ServerOptions } from "../../src";
import { OPTION_NAMES } from "../../src/endpoint/unknownOptions";

describe("OPTION_NAMES", () => {
    it("has each option of client and server", () => {
        // The compiler fails here if an option is missing or misspelled.
        const missing: Exclude<keyof (ClientOptions & ServerOptions), (typeof OPTION_NAMES)[number]>[] = [];
        const unknown: Exclude<(typeof OPTION_NAMES)[number], keyof (ClientOptions & ServerOptions)>[] = [];
        expect([...missing, ...unknown]).to.deep.equal([]);
        expect(new Set(OPTION_NAMES)).to.have.lengthOf(OPTION_NAMES.length);
    });
});
