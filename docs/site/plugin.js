// TypeDoc plugin for the site of `npm run docs`: names and groups the pages, adds a page for each example, the first screen of
// the landing page and the links of the top bar, replaces the search, and reports dead links as errors.
"use strict";

const { readFileSync, readdirSync } = require("node:fs");
const path = require("node:path");
const { deadLinks } = require("./deadLinks.js");
const { hero, withoutHead } = require("./landing.js");
const { finish } = require("./pages.js");
const { writeSearch } = require("./search/write.js");

const COMMENTS = / ?<!-- (?:no )?test: .*? -->/g;
const DOCS = path.join(__dirname, "..");
const EXAMPLES = path.join(DOCS, "examples");

/** Pages about the library itself. The other pages of `docs` are the reference. */
const PROJECT = /^(architecture|(codec-)?benchmarks|CHANGELOG|compatibility|migrating|runtimes|README)\.md$/;

exports.load = async (app) => {
    const { Converter, DocumentReflection, JSX, ReflectionKind, Renderer } = await import("typedoc");
    const raw = (html) => JSX.createElement(JSX.Raw, { html });

    app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (context, document) => {
        const file = document.project.files.getReflectionPath(document);
        document.name = /^# (.+)$/m.exec(document.content[0].text)[1];
        const folder = path.basename(path.dirname(file));
        document.frontmatter.group = PROJECT.test(path.basename(file)) ? "Project" : "Reference";
        if (folder === "guides" || folder === "examples") document.frontmatter.group = "Guides";
        if (document.name === "Guides") document.name = "All guides";
        if (folder === "examples") addExamples(document);
        document.content = withoutComments(document.content);
    });

    // The default name is that of the file: `index`, `engines/redis`, `inspect/entry`.
    app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, declaration) => {
        if (declaration.kind !== ReflectionKind.Module) return;
        const entry = /redis|nats|inspect/.exec(declaration.name)?.[0];
        declaration.name = entry ? `sockhop/${entry}` : "sockhop";
    });

    app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
        project.readme = withoutHead(project.readme);
    });

    /** Adds a page for each program, below the page that lists them. */
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

    // The theme stores the open branches of the navigation: store these by default.
    const open = ["Guides", "API", "API$sockhop", "Reference", "Project"].map((branch) => `tsd-accordion-${branch}`);
    const html = `<script>try { for (const key of ${JSON.stringify(open)}) localStorage[key] ??= "true"; } catch {}</script>`;
    app.renderer.hooks.on("head.end", () => raw(html));
    app.renderer.hooks.on("content.begin", ({ page }) => raw(page.url === "index.html" ? hero() : ""));

    app.renderer.on(Renderer.EVENT_END_PAGE, (page) => {
        page.contents = finish(page.contents, page.url, DOCS);
    });

    app.renderer.on(Renderer.EVENT_END, ({ outputDirectory }) => {
        writeSearch(outputDirectory);
        for (const message of deadLinks(outputDirectory)) app.logger.error(message);
    });
};

/** Removes the comments that name tests, which the search would find. TypeDoc splits texts at braces, so join them first. */
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
