import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect } from "chai";
import { ROOT, pages, read } from "../support/markdown";

/** All link targets of a page, as GitHub and TypeDoc name them. */
function anchors(page: string): Set<string> {
    const found = new Set<string>();
    for (const line of read(page).text) {
        const heading = /^#{1,6} +(.*?)\s*#*$/.exec(line)?.[1];
        for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id!);
        if (heading === undefined) continue;
        const words = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/<[^>]+>/g, "");
        const slug = words
            .toLowerCase()
            .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
            .replaceAll(" ", "-");
        let unique = slug;
        for (let n = 1; found.has(unique); n += 1) unique = `${slug}-${n}`;
        found.add(unique);
    }
    return found;
}

/** The links of a page. */
function links(page: string): string[] {
    const text = read(page)
        .text.join("\n")
        .replace(/(`+)[^]*?[^`]\1(?!`)/g, "");
    const patterns = [/\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g, /^\[[^\]]+\]: +(\S+)/gm, /\s(?:href|src)="([^"]+)"/g];
    return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, target]) => target!));
}

describe("links of the documentation", () => {
    for (const page of pages()) {
        const local = links(page).filter((target) => !/^[a-z]+:/.test(target));
        if (local.length === 0) continue;

        it(`${page} links to existing targets`, () => {
            for (const target of local) {
                const [path = "", anchor] = decodeURI(target).split("#");
                const file = path ? posix.join(posix.dirname(page), path) : page;
                expect(existsSync(join(ROOT, file)), `${target}: the file`).to.equal(true);
                expect(file, target).to.not.match(/^\.\./);
                if (anchor === undefined) continue;
                expect(file, target).to.match(/\.md$/);
                expect([...anchors(file)], target).to.include(anchor);
            }
        });
    }

    it("reach every page", () => {
        const linked = pages().flatMap((page) =>
            links(page).map((target) => posix.join(posix.dirname(page), target.split("#")[0]!)),
        );
        // Pages that GitHub finds itself
        const known = pages().filter((page) => page !== "README.md" && !page.startsWith(".github/"));
        expect(known.filter((page) => !linked.includes(page))).to.deep.equal([]);
    });

    it("of the site are listed in typedocOptions", () => {
        const { typedocOptions } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
            typedocOptions: { projectDocuments: string[] };
        };
        const wanted = pages().filter((page) => page.startsWith("docs/"));
        expect(typedocOptions.projectDocuments).to.include.members(wanted);
    });
});
