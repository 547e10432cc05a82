// TypeDoc plugin for the site of `npm run docs`: names pages by their headings instead of their files, groups the guides,
// adds a page for each example, opens the navigation at first, reports dead links as errors, and removes the comments that
// name tests.
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

    // The default name is that of the file.
    app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, declaration) => {
        if (declaration.kind === ReflectionKind.Module) declaration.name = "sockhop";
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
    const open = ["Guides", "Documents", "API", "API$sockhop"].map((branch) => `tsd-accordion-${branch}`);
    const html = `<script>try { for (const key of ${JSON.stringify(open)}) localStorage[key] ??= "true"; } catch {}</script>`;
    app.renderer.hooks.on("head.end", () => JSX.createElement(JSX.Raw, { html }));

    app.renderer.on(Renderer.EVENT_END, ({ outputDirectory }) => {
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

/** Returns all dead links between the pages of a site. */
function deadLinks(site) {
    const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
    const pages = new Map(files.map((name) => [path.join(site, name), readFileSync(path.join(site, name), "utf8")]));
    const anchors = new Map([...pages].map(([file, html]) => [file, new Set(attributes(html, "id|name"))]));
    return [...pages].flatMap(([file, html]) =>
        attributes(html, "href|src")
            .filter((link) => link && !/^([a-z]+:|\/\/)/.test(link) && !exists(file, link))
            .map((link) => `${path.relative(site, file)} links to ${link}, which does not exist`),
    );

    function exists(from, link) {
        const [target, anchor] = decodeURI(link).split("#");
        const file = target ? path.join(path.dirname(from), target) : from;
        return existsSync(file) && (!anchor || !anchors.has(file) || anchors.get(file).has(anchor));
    }
}

function attributes(html, names) {
    const found = html.matchAll(new RegExp(`<[a-z][^>]*?\\s(?:${names})="([^"]*)"`, "g"));
    return [...found].map(([, value]) => value.replaceAll("&amp;", "&"));
}
