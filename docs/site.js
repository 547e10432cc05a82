// What TypeDoc does not do by itself for the site that `npm run docs` writes: pages are called as their headings say, and
// not as their files; guides are a group of their own; examples are pages; the navigation is open at first; a link that leads
// nowhere is an error; comments that name tests are left out.
"use strict";

const { existsSync, readFileSync, readdirSync } = require("node:fs");
const path = require("node:path");

const COMMENTS = / ?<!-- (?:no )?test: .*? -->/g;
const EXAMPLES = path.join(__dirname, "examples");

exports.load = async (app) => {
    const { Converter, DocumentReflection, JSX, ReflectionKind, Renderer } = await import("typedoc");

    app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (context, document) => {
        const file = document.project.files.getReflectionPath(document);
        document.name = /^# (.+)$/m.exec(document.content[0].text)[1];
        const folder = path.basename(path.dirname(file));
        if (folder === "guides" || folder === "examples") document.frontmatter.group = "Guides";
        if (folder === "examples") addExamples(document);
        document.content = withoutComments(document.content);
    });

    // Its name would be that of its file, too.
    app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, declaration) => {
        if (declaration.kind === ReflectionKind.Module) declaration.name = "sockhop";
    });

    /** Makes a page of each program, below the one that lists them. */
    function addExamples(list) {
        const programs = readdirSync(EXAMPLES, { recursive: true }).filter((name) => /\.(js|py)$/.test(name));
        for (const name of programs.sort()) {
            const file = path.join(EXAMPLES, name);
            const text = `# ${name}\n\n\`\`\`${path.extname(name).slice(1)}\n${readFileSync(file, "utf8")}\`\`\`\n`;
            const page = new DocumentReflection(name, list, [{ kind: "code", text }], {});
            list.addChild(page);
            list.project.registerReflection(page, undefined, file.replaceAll("\\", "/"));
        }
    }

    // The theme remembers which branches are open: let it remember these before anybody has said otherwise.
    const open = ["Guides", "Documents", "API", "API$sockhop"].map((branch) => `tsd-accordion-${branch}`);
    const html = `<script>try { for (const key of ${JSON.stringify(open)}) localStorage[key] ??= "true"; } catch {}</script>`;
    app.renderer.hooks.on("head.end", () => JSX.createElement(JSX.Raw, { html }));

    app.renderer.on(Renderer.EVENT_END, ({ outputDirectory }) => {
        for (const complaint of deadLinks(outputDirectory)) app.logger.error(complaint);
    });
};

/** The parts of a page without comments that name tests: the search would find them. TypeDoc cuts texts at braces. */
function withoutComments(parts) {
    const joined = [];
    for (const part of parts) {
        const last = joined.at(-1);
        if (part.kind === "text" && last?.kind === "text") last.text += part.text;
        else joined.push({ ...part });
    }
    for (const part of joined) part.text = part.text.replace(COMMENTS, "");
    return joined;
}

/** All links between the pages of a site that lead nowhere. */
function deadLinks(site) {
    const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
    const pages = new Map(files.map((name) => [path.join(site, name), readFileSync(path.join(site, name), "utf8")]));
    const anchors = new Map([...pages].map(([file, html]) => [file, new Set(attributes(html, "id|name"))]));
    return [...pages].flatMap(([file, html]) =>
        attributes(html, "href|src")
            .filter((link) => link && !/^([a-z]+:|\/\/)/.test(link) && !leads(file, link))
            .map((link) => `${path.relative(site, file)} links to ${link}, which does not exist`),
    );

    function leads(from, link) {
        const [target, anchor] = decodeURI(link).split("#");
        const file = target ? path.join(path.dirname(from), target) : from;
        return existsSync(file) && (!anchor || !anchors.has(file) || anchors.get(file).has(anchor));
    }
}

function attributes(html, names) {
    const found = html.matchAll(new RegExp(`<[a-z][^>]*?\\s(?:${names})="([^"]*)"`, "g"));
    return [...found].map(([, value]) => value.replaceAll("&amp;", "&"));
}
