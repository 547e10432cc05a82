import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { CHROMIUM, FLAGS, SIZES, type Scheme, type Size, installChromium } from "../support/browser";

const ROOT = join(__dirname, "../..");
/** Pictures of pages, for a person to look at. CI keeps them. */
const PICTURES = join(ROOT, "coverage/site");

const TYPES: Record<string, string> = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
};

/** The built site, served on a free port, and a browser. */
export class Site {
    private constructor(
        private readonly folder: string,
        private readonly server: Server,
        private readonly browser: Browser,
    ) {}

    static async open(): Promise<Site> {
        installChromium();
        mkdirSync(PICTURES, { recursive: true });
        const folder = mkdtempSync(join(tmpdir(), "sockhop-site-"));
        const typedoc = join(ROOT, "node_modules/typedoc/bin/typedoc");
        execFileSync(process.execPath, [typedoc, "--out", folder, "--logLevel", "Warn"], {
            cwd: ROOT,
            stdio: "inherit",
        });
        const server = createServer((request, response) => {
            const file = join(folder, normalize(new URL(request.url!, "http://site").pathname));
            if (!existsSync(file)) {
                response.writeHead(404).end();
                return;
            }
            const type = TYPES[extname(file)] ?? "text/plain";
            // All pages have the same styles and scripts: the browser fetches them once.
            response.writeHead(200, { "Content-Type": type, "Cache-Control": "max-age=3600" }).end(readFileSync(file));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return new Site(folder, server, await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }));
    }

    /** Paths of all pages. */
    get pages(): string[] {
        const names = readdirSync(this.folder, { recursive: true, encoding: "utf8" });
        return names.filter((name) => name.endsWith(".html")).map((name) => name.replaceAll("\\", "/"));
    }

    /** Loads a page, and waits until its scripts show it, which they do some time after the event `load`. */
    async visit(page: Page, path: string): Promise<void> {
        await page.goto(this.address(path));
        await page.waitForFunction(() => document.body.style.display !== "none");
    }

    address(page: string): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${page}`;
    }

    /** Opens a window of this size. Errors of its scripts and failed requests are added to `errors`. */
    async window(size: Size, scheme: Scheme = "light", errors: string[] = []): Promise<Page> {
        return this.#open({ viewport: SIZES[size], colorScheme: scheme }, errors);
    }

    /** Opens a window without scripts, which is quick. */
    async plainWindow(): Promise<Page> {
        return this.#open({ javaScriptEnabled: false }, []);
    }

    async #open(options: BrowserContextOptions, errors: string[]): Promise<Page> {
        const context = await this.browser.newContext(options);
        const page = await context.newPage();
        page.on("pageerror", ({ message }) => errors.push(message));
        page.on("response", (response) => {
            if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
        });
        return page;
    }

    async picture(page: Page, name: string): Promise<void> {
        await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    }

    async close(): Promise<void> {
        await this.browser.close();
        this.server.close();
        rmSync(this.folder, { recursive: true, force: true });
    }
}
