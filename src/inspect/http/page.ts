import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

/** The page, and the policy for it. */
export interface Page {
    readonly html: Buffer;
    /** Content security policy: only its own scripts and styles run, and it connects to its own origin only. */
    readonly policy: string;
}

/** Loads the page, which is beside the bundle of this file. */
export function loadPage(file = path.join(__dirname, "page.html")): Page {
    const html = readFileSync(file);
    const text = html.toString();
    return {
        html,
        policy: [
            "default-src 'none'",
            `script-src ${hashes(text, "script")}`,
            `style-src ${hashes(text, "style")}`,
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ].join("; "),
    };
}

/** Hashes of the elements with this name, which have no attributes. */
function hashes(html: string, name: string): string {
    const elements = html.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, "g"));
    const found = [...elements].map(
        ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
    );
    return found.join(" ") || "'none'";
}

/** Version of the package that has the page. */
export function version(): string {
    const text = readFileSync(path.join(__dirname, "package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}
