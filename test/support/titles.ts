import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** What stands between the titles of the suites around a test, and its own. */
export const SEPARATOR = " › ";

/**
 * The titles of all tests in a file, each behind those of its suites. A title that is made by a template is the text of the
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
