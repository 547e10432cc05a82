import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Separator between the titles of suites and tests. */
export const SEPARATOR = " › ";

/**
 * Lists the full titles of all tests in a file. A title that is made by a template is the text of the
 * template.
 *
 * @param file - below `test/`
 */
export function titlesOf(file: string): string[] {
    const path = join(__dirname, "..", file);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
    const titles: string[] = [];

    const visit = (node: ts.Node, suites: string[]): void => {
        const [kind, title] = ts.isCallExpression(node) ? [node.expression.getText(source), node.arguments[0]] : [];
        if (kind === "describe" && title) {
            const inside = [...suites, textOf(title, source)];
            ts.forEachChild(node, (child) => visit(child, inside));
            return;
        }
        if (kind === "it" && title) titles.push([...suites, textOf(title, source)].join(SEPARATOR));
        ts.forEachChild(node, (child) => visit(child, suites));
    };
    visit(source, []);
    return titles;
}

function textOf(title: ts.Node, source: ts.SourceFile): string {
    return ts.isStringLiteral(title) ? title.text : title.getText(source).replace(/^`|`$/g, "");
}
