import { expect } from "chai";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type Page, chromium } from "playwright-core";
import type { SockhopServer } from "../../src";
import { type Running, start } from "../cli/command";
import { CHROMIUM, FLAGS, SIZES, type Scheme, type Size, installChromium } from "../support/browser";
import { later } from "../support/pair";

export const ROOT = join(__dirname, "../..");

/** Pictures of pages, for a person to look at. CI keeps them. */
export const PICTURES = join(ROOT, "coverage/inspector");

/** Folder of the pictures in the documentation. */
export const DOCS = join(ROOT, "docs/pictures");

/** The name of an attacker leads to this computer. */
const RULE = "--host-resolver-rules=MAP attacker.test 127.0.0.1";

/** A browser with pages of the inspector. */
export class Pages {
    /** Errors of scripts, violations of the policy, and failed requests, of the pages of this test. */
    #errors: string[] = [];
    #expected: RegExp | undefined;

    private constructor(private readonly browser: Browser) {}

    /** Skips the tests if there is no browser, unless they run in CI. */
    static async open(context: Mocha.Context): Promise<Pages> {
        try {
            installChromium();
        } catch (error) {
            if (process.env["CI"] === "true") throw error;
            // eslint-disable-next-line no-console -- mocha does not print why
            console.log(`    skipped: ${(error as Error).message}`);
            context.skip();
        }
        mkdirSync(PICTURES, { recursive: true });
        return new Pages(await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, RULE] }));
    }

    /** Opens the page of an inspector in a window of its own, which is closed after the test. */
    async show(url: string, size: Size = "desktop", scheme: Scheme = "light"): Promise<Page> {
        const page = await this.blank(size, scheme);
        await page.goto(url);
        await page.locator(".state[data-state=live]").waitFor();
        return page;
    }

    /** Opens an empty window, which is closed after the test. */
    async blank(size: Size = "desktop", scheme: Scheme = "light"): Promise<Page> {
        const context = await this.browser.newContext({
            viewport: SIZES[size],
            colorScheme: scheme,
            acceptDownloads: true,
            timezoneId: "UTC",
        });
        later(() => context.close());
        const page = await context.newPage();
        page.setDefaultTimeout(20_000);
        const errors = this.#errors; // a late one does not count for the next test
        page.on("pageerror", ({ message }) => errors.push(message));
        page.on("console", (message) => {
            if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
        });
        return page;
    }

    /** Expects errors in this test, which may come at any time. */
    expectErrors(pattern: RegExp): void {
        this.#expected = pattern;
    }

    /** Returns the errors of this test that were not expected. */
    takeErrors(): string[] {
        const errors = this.#errors.filter((text) => this.#expected?.test(text) !== true);
        this.#errors = [];
        this.#expected = undefined;
        return errors;
    }

    async close(): Promise<void> {
        await this.browser.close();
    }
}

/** Opens a browser for the tests of a suite. After each test, checks that no page has reported an error. */
export function usePages(): () => Pages {
    let pages: Pages | undefined;

    before("open a browser", async function () {
        this.timeout(600_000); // it may have to install the browser
        pages = await Pages.open(this);
    });

    after(() => pages?.close());

    afterEach("no errors of scripts", () => {
        expect(pages?.takeErrors()).to.deep.equal([]);
    });

    return () => pages as Pages;
}

/** `sockhop inspect` in front of a server: its page, and the port for clients. */
export async function inspected(
    s: SockhopServer,
    ...args: string[]
): Promise<{ command: Running; url: string; port: number }> {
    if (!s.server.listening) await s.listen();
    const command = start("inspect", 0, s.get_bound_port()!, ...args);
    const port = await command.port();
    return { command, url: await command.line(), port };
}

/** Texts of the visible messages: direction, kind, type and value. */
export async function shownMessages(page: Page): Promise<string[]> {
    return page
        .locator(".row")
        .evaluateAll((rows) =>
            rows
                .sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
                .map((row) =>
                    [".arrow", ".kind", ".type", ".preview"]
                        .map((part) => row.querySelector(part)?.textContent)
                        .join(" "),
                ),
        );
}

/** Waits for a visible message with this text. */
export async function message(page: Page, text: string): Promise<void> {
    await page.locator(".row", { hasText: text }).first().waitFor();
}
