import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { format, resolveConfig } from "prettier";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");

/** A change of a text: `text` replaces the characters from `start` to `end`. */
interface Edit {
    start: number;
    end: number;
    text: string;
}

/**
 * Joins a tree of declarations in one file.
 *
 * @param entry - declarations with the published exports, which import all others
 * @param target - path of the output file
 * @throws an error if the tree contains errors
 */
export function rollUp(entry: string, target: string): void {
    const file = join(ROOT, "test/package/api-extractor.json");
    const config = ExtractorConfig.prepare({
        configObject: {
            ...ExtractorConfig.loadFile(file),
            mainEntryPointFilePath: entry,
            apiReport: { enabled: false },
            dtsRollup: { enabled: true, untrimmedFilePath: target },
        },
        configObjectFullPath: file,
        packageJsonFullPath: join(ROOT, "package.json"),
    });
    const { succeeded } = Extractor.invoke(config, {
        localBuild: true,
        messageCallback: (message) => {
            if (message.logLevel === ExtractorLogLevel.Info) message.handled = true;
        },
    });
    if (!succeeded) throw new Error(`The declarations of ${entry} cannot be joined`);
}

/**
 * Removes leftovers of internal members: interfaces without members, and the comments of classes that are not exported.
 *
 * @param text - declarations without imports of other files
 * @returns the declarations, formatted
 * @throws an error if an empty interface is exported, or used in another way than by a mixin: `Constructor<Empty>`
 */
export async function tidy(text: string): Promise<string> {
    const source = ts.createSourceFile("index.d.ts", text, ts.ScriptTarget.Latest, true);
    const exported = exportedNames(source);
    const empty = new Set(source.statements.filter(isEmptyInterface).map(({ name }) => name.text));
    const edits: Edit[] = [];
    const refersToEmpty = (type: ts.TypeNode): boolean => {
        const [argument, ...others] = (ts.isTypeReferenceNode(type) && type.typeArguments) || [];
        return argument !== undefined && others.length === 0 && empty.has(argument.getText());
    };

    const visit = (node: ts.Node): void => {
        if (ts.isIntersectionTypeNode(node) && node.types.some(refersToEmpty)) {
            const types = node.types.filter((type) => !refersToEmpty(type));
            edits.push({ ...rangeOf(node), text: types.map((type) => type.getText()).join(" & ") });
        } else if (ts.isIdentifier(node) && empty.has(node.text)) {
            throw new Error(`The interface ${node.text} has no members, and is used in ${node.parent.getText()}`);
        } else {
            ts.forEachChild(node, visit);
        }
    };

    for (const statement of source.statements) {
        if (isEmptyInterface(statement)) {
            if (exported.has(statement.name.text))
                throw new Error(`${statement.name.text} is exported without members`);
            edits.push({ start: statement.getFullStart(), end: statement.end, text: "" });
            continue;
        }
        if (ts.isClassDeclaration(statement) && statement.name && !exported.has(statement.name.text)) {
            edits.push(...commentsOf(statement).map((comment) => ({ ...rangeOf(comment), text: "" })));
        }
        visit(statement);
    }
    return format(apply(edits, text), { ...(await resolveConfig(__filename)), parser: "typescript" });
}

function isEmptyInterface(node: ts.Node): node is ts.InterfaceDeclaration {
    return ts.isInterfaceDeclaration(node) && node.members.length === 0 && node.heritageClauses === undefined;
}

/** Names of the declarations that a file exports. */
export function exportedNames(source: ts.SourceFile): Set<string> {
    const names = new Set<string>();
    for (const statement of source.statements) {
        if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
            for (const { propertyName, name } of statement.exportClause.elements)
                names.add((propertyName ?? name).text);
        } else if (ts.canHaveModifiers(statement) && ts.isDeclarationStatement(statement) && statement.name) {
            const modifiers = ts.getModifiers(statement) ?? [];
            if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) names.add(statement.name.getText());
        }
    }
    return names;
}

function commentsOf(node: ts.Node): readonly ts.JSDoc[] {
    return ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
}

function rangeOf(node: ts.Node): { start: number; end: number } {
    return { start: node.getStart(), end: node.end };
}

/** Applies changes that do not overlap. */
function apply(edits: readonly Edit[], text: string): string {
    const lastFirst = [...edits].sort((a, b) => b.start - a.start);
    return lastFirst.reduce((result, { start, end, text }) => result.slice(0, start) + text + result.slice(end), text);
}
