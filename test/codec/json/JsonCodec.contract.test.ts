import { JsonCodec } from "../../../src/codec/json/JsonCodec";
import { testCodec } from "../codec.contract";

describe("JsonCodec", () => {
    // Safe and escaped ones, of one byte and of several, one longer than a short frame, and one that overlaps itself.
    for (const terminator of ["\n", "\r\n", "\0", "\x7f", "→", "é", "end;", "--", "ZZ".repeat(50)]) {
        describe(`with the terminator ${JSON.stringify(terminator)}`, () => {
            testCodec(({ maxSize }) => {
                const terminators = { receiveTerminator: terminator, sendTerminator: terminator };
                return new JsonCodec({
                    ...terminators,
                    allowNonObjects: false,
                    maxSize,
                    enveloped: true,
                    classes: undefined,
                });
            });
        });
    }
});
