import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import vm from "node:vm";
import { expect } from "chai";
import Sockhop from "../../src";
import { read } from "../support/markdown";

// The table of the guide states how values arrive. Its cells are expressions, and the words below.
const PAGE = "docs/guides/values.md";
const SAME = "the same";
const WITHOUT_STACK = "the same, without its stack";
const REFUSED = "refused";
const INVALID_DATE = "an invalid Date";

interface Row {
    values: string[];
    binary: string;
    json: string;
}

function rows(): Row[] {
    const { text } = read(PAGE);
    const [from, to] = [text.indexOf("<!-- values -->"), text.indexOf("<!-- /values -->")];
    return text
        .slice(from, to)
        .filter((line) => line.startsWith("| `"))
        .map((line) => {
            const [values = "", binary = "", json = ""] = line.slice(2, -2).split(" | ");
            return { values: expressions(values), binary, json };
        });
}

const expressions = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** Evaluates an expression of the page, which is a part of the project. */
const evaluate = (code: string): unknown => vm.runInThisContext(`(${code})`);

describe(PAGE, () => {
    for (const codec of ["binary", "json"] as const) {
        describe(`codec ${codec}`, () => {
            let server: Sockhop.server;
            let client: Sockhop.client;
            const emitWarning = process.emitWarning.bind(process);

            before(async () => {
                process.emitWarning = () => undefined; // of values that JSON loses
                server = new Sockhop.server({ port: 0, codec });
                await server.listen();
                client = new Sockhop.client({ port: server.get_bound_port(), codec });
                await client.connect();
            });

            after(async () => {
                process.emitWarning = emitWarning;
                await client.disconnect();
                await server.close();
            });

            for (const row of rows()) {
                for (const code of row.values) {
                    const expected = row[codec];
                    it(`${code} arrives as stated: ${expected}`, async () => {
                        const value = evaluate(code);
                        if (expected === REFUSED) {
                            const error = await client.send(value).then(
                                () => undefined,
                                (reason: unknown) => reason as Sockhop.error,
                            );
                            expect(error?.code).to.equal("ERR_BAD_DATA");
                            return;
                        }
                        const received = once(server, "receive");
                        await client.send(value);
                        const [arrived] = (await received) as [unknown];
                        if (expected === INVALID_DATE) {
                            expect(arrived).to.be.a("date");
                            expect(Number(arrived)).to.be.NaN;
                            return;
                        }
                        const isSame = expected === SAME || expected === WITHOUT_STACK;
                        const wanted = isSame ? evaluate(code) : evaluate(expressions(expected)[0]!);
                        expect(isDeepStrictEqual(arrived, wanted), String(arrived)).to.equal(true);
                        if (expected === WITHOUT_STACK) expect((arrived as Error).stack).to.not.include("\n");
                    });
                }
            }
        });
    }
});
