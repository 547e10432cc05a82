import { expect } from "chai";
import ts from "typescript";
import { type Block, pages, read } from "../support/markdown";
import { isScript } from "./blocks";

// Handlers of messages in fragments, which do not run as programs: a client can send anything, and can leave.

const HOSTILE: readonly unknown[] = [undefined, null, 5, -1, "text", true, [], [null], {}, { text: 5, numbers: 5 }];

const handlers = pages().flatMap((page) => read(page).blocks.filter(isScript).flatMap(handlersOf));

/** Source of the handlers of `receive` in a block, as JavaScript. */
function handlersOf({ page, line, code }: Block): { place: string; source: string }[] {
    const found: { place: string; source: string }[] = [];
    const file = ts.createSourceFile("block.ts", code, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
        ts.forEachChild(node, visit);
        if (!ts.isCallExpression(node) || !/\.(on|once)$/.test(node.expression.getText())) return;
        const [event, handler] = node.arguments;
        if (!event || !handler || !/^"receive\b/.test(event.getText()) || !ts.isArrowFunction(handler)) return;
        const module = ts.transpileModule(`handler = ${handler.getText()}`, {
            compilerOptions: { target: ts.ScriptTarget.ES2022 },
        });
        const at = line + 1 + file.getLineAndCharacterOfPosition(node.getStart()).line;
        found.push({ place: `${page}:${at}`, source: module.outputText });
    };
    visit(file);
    return found;
}

/** That of any class: no value is an instance. */
const PROTOTYPE = {};

/** Stands for any name that the handler uses: all members exist, can be called, and requests fail. */
const anything: object = new Proxy(() => undefined, {
    get(target, name) {
        if (name === Symbol.toPrimitive) return () => "anything";
        if (name === "then" || typeof name === "symbol") return undefined;
        if (name === "ask" || name === "request" || name === "perform") return failing;
        return name === "prototype" ? PROTOTYPE : anything;
    },
    apply: () => anything,
    construct: () => anything,
    set: () => true,
});

function failing(): Promise<never> {
    return Promise.reject(new Error("the peer has left"));
}

/** Names of the program are {@link anything}; those of JavaScript are real. */
const scope = new Proxy(
    { console: anything, perform: failing },
    {
        has: (target, name) => name !== "handler",
        get: (target, name): unknown =>
            typeof name === "symbol"
                ? undefined
                : (Reflect.get(target, name) ?? Reflect.get(globalThis, name) ?? anything),
        set: () => true,
    },
);

describe("Handlers of messages in the documentation", () => {
    it("are found", () => {
        expect(handlers.length).to.be.above(20);
    });

    for (const { place, source } of handlers) {
        it(`${place} withstands any value, without a callback`, async () => {
            // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- to run it
            const handler = new Function("scope", `let handler; with (scope) { ${source} } return handler;`)(scope) as (
                value: unknown,
                meta: object,
            ) => unknown;
            for (const value of HOSTILE) await handler(value, { type: "Object", session: anything, socket: anything });
        });
    }
});
