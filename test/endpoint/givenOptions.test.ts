import { expect } from "chai";
import type { ClientOptions, ServerOptions } from "../../src";
import type { QueueOptions } from "../../src/client/queue/OfflineQueue";
import { OPTION_NAMES, QUEUE_NAMES, givenOptions } from "../../src/endpoint/givenOptions";
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

describe("QUEUE_NAMES", () => {
    it("has each option of a queue", () => {
        const missing: Exclude<keyof QueueOptions, (typeof QUEUE_NAMES)[number]>[] = [];
        const unknown: Exclude<(typeof QUEUE_NAMES)[number], keyof QueueOptions>[] = [];
        expect([...missing, ...unknown]).to.deep.equal([]);
        expect(new Set(QUEUE_NAMES)).to.have.lengthOf(QUEUE_NAMES.length);
    });
});

describe("givenOptions()", () => {
    /** Texts of the warnings that options cause. */
    async function warningsOf(...given: unknown[]): Promise<string[]> {
        const emitted = warnings();
        for (const options of given) givenOptions(options as object);
        await turns(2);
        return emitted.map(({ message }) => message);
    }

    it("returns the object, or an empty one for null and undefined", () => {
        const options = { port: 1 };
        expect(givenOptions(options)).to.equal(options);
        expect([givenOptions(null), givenOptions(undefined)]).to.deep.equal([{}, {}]);
    });

    it("warns at most ten times of one object, which may be a Buffer", async () => {
        expect(await warningsOf(Buffer.alloc(100_000))).to.have.length(10);
    });

    it("warns once of a port or path that is no option, and ignores it as 1.x does", async () => {
        expect(await warningsOf(5000, 5000)).to.deep.equal([
            "Options must be an object, such as { port }: 5000 is ignored",
        ]);
        expect(await warningsOf("/x.sock")).to.deep.equal([
            "Options must be an object, such as { path }: '/x.sock' is ignored",
        ]);
        expect(givenOptions("/x.sock" as unknown as object)).to.deep.equal({});
    });

    it("warns of a value that means the default", async () => {
        const texts = await warningsOf({ peer_type: "JSON" }, { terminator: 5 }, { allow_non_objects: "yes" });
        expect(texts).to.have.length(3);
        for (const [n, name] of ["peer_type", "terminator", "allow_non_objects"].entries()) {
            expect(texts[n]).to.include(name).and.include("is ignored");
        }
    });

    it("warns of a typing mistake in the options of the queue", async () => {
        expect(await warningsOf({ queue: { max_mesages: 5 } })).to.deep.equal([
            'Unknown option "max_mesages" of queue: did you mean "max_messages"?',
        ]);
    });

    it("is silent about values that 1.x documents, and about null", async () => {
        const peers = ["json", "Sockhop", "SockhopClient", null, undefined].map((peer_type) => ({ peer_type }));
        const others = [
            { terminator: null, allow_non_objects: null, queue: null },
            { queue: true },
            { queue: { max_age: 1 } },
        ];
        expect(await warningsOf(...peers, ...others, { terminator: ["\n"], allow_non_objects: false })).to.deep.equal(
            [],
        );
    });
});
