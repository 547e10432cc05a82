import { expect } from "chai";
import { type Page } from "playwright-core";
import { type Scheme, SIZES, type Size } from "../support/browser";
import { Site } from "./Site";

const KINDS = (["desktop", "phone"] as Size[]).flatMap((size) =>
    (["light", "dark"] as Scheme[]).map((scheme) => ({ size, scheme, name: `${size}, ${scheme}` })),
);

/** Pages with pictures, which show all that the styles deal with. */
const SHOWN = [
    "index",
    "documents/Getting_started",
    "documents/Options",
    "documents/Errors",
    "documents/Benchmarks",
    "documents/Architecture",
    "classes/sockhop.SockhopClient",
];

/**
 * Reports what is wider than the window, and boxes whose contents are cut. It runs in the page.
 * A box that scrolls must show a sign of it: the shadow of its background.
 */
function faults(): string[] {
    const found: string[] = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push(`${document.documentElement.scrollWidth} px wide`);
    for (const box of document.querySelectorAll<HTMLElement>(".col-content pre, .col-content table, .tsd-signature")) {
        if (box.scrollWidth <= box.clientWidth + 1 || box.clientWidth === 0) continue;
        const style = getComputedStyle(box);
        const scrolls = style.overflowX === "auto" && style.backgroundAttachment.includes("local");
        if (!scrolls) found.push(`cut: ${box.textContent.slice(0, 40)}`);
        if (box.matches("table") && width < 500) found.push(`a table that scrolls: ${box.textContent.slice(0, 40)}`);
    }
    return found;
}

/** Ratio of contrast of the text of a chart, as WCAG defines it. It runs in the page. */
function contrast(): number {
    const luminance = (color: string): number => {
        const [red, green, blue] = color.match(/[\d.]+/g)!.map((part) => {
            const value = Number(part) / 255;
            return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const text = getComputedStyle(document.querySelector(".chart text")!).fill;
    const [a, b] = [text, getComputedStyle(document.body).backgroundColor].map(luminance) as [number, number];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

describe("the site", () => {
    let site: Site;

    before("build it, and open a browser", async function () {
        this.timeout(600_000); // it may have to install the browser
        site = await Site.open();
    });

    after(() => site.close());

    it("has no page that is too wide or cut", async function () {
        this.timeout(240_000); // all pages, at both widths
        const wrong: string[] = [];
        const { pages } = site;
        expect(pages).to.have.length.above(50);
        const page = await site.plainWindow();
        for (const path of pages) {
            await page.goto(site.address(path)); // with its styles
            for (const [size, viewport] of Object.entries(SIZES)) {
                await page.setViewportSize(viewport);
                const found = await page.evaluate(faults);
                wrong.push(...found.map((fault) => `${path}, ${size}: ${fault}`));
            }
        }
        await page.context().close();
        expect(wrong).to.deep.equal([]);
    });

    for (const { size, scheme, name } of KINDS) {
        it(`loads without errors (${name})`, async () => {
            const errors: string[] = [];
            const page = await site.window(size, scheme, errors);
            for (const path of SHOWN) {
                await site.visit(page, `${path}.html`);
                await site.picture(page, `${path.replace(/\W+/g, "-")}-${size}-${scheme}`);
            }
            expect(errors).to.deep.equal([]);
            await page.context().close();
        });
    }

    for (const size of ["desktop", "phone"] as Size[]) {
        it(`shows the install line, code and the way to the reference on the first screen (${size})`, async () => {
            const page = await site.window(size);
            await site.visit(page, "index.html");
            const { height } = SIZES[size];
            const box = async (selector: string): Promise<{ y: number; height: number }> =>
                (await page.locator(selector).first().boundingBox())!;
            expect(await page.locator(".hero pre").innerText()).to.equal("npm install sockhop");
            for (const selector of [".hero pre", ".hero >> text=API", ".hero >> text=Guides"]) {
                const { y, height: tall } = await box(selector);
                expect(y + tall, selector).to.be.below(height);
            }
            // At least ten lines of the first program
            expect((await box(".col-content pre:has(.hl-0)")).y).to.be.below(height - 10 * 20);
            await page.context().close();
        });
    }

    describe("search", () => {
        let page: Page;

        before(async () => {
            page = await site.window("desktop");
            await site.visit(page, "documents/TLS.html");
            await page.keyboard.press("/");
        });

        /** The first results, each with its line of context. */
        async function search(words: string): Promise<string[]> {
            const results = page.locator("#tsd-search-results li");
            await page.fill("#tsd-search-input", ""); // removes the results of other words
            await results.first().waitFor({ state: "detached" });
            await page.fill("#tsd-search-input", words);
            await results.first().waitFor();
            return results.allInnerTexts();
        }

        it("shows the line that has the words, and marks them", async () => {
            const results = await search("EADDRINUSE");
            expect(results[0]).to.match(/\n.*EADDRINUSE/);
            expect(await page.locator("#tsd-search-results mark").first().innerText()).to.equal("EADDRINUSE");
            await site.picture(page, "search");
        });

        const EXPECTED: Record<string, RegExp> = {
            heartbeat: /ping/i,
            keepalive: /ping/i,
            minify: /minif/i,
            IPC: /Unix domain socket/i,
            RPC: /request/i,
            "pub/sub": /sendall/i,
            timeout: /ERR_RESPONSE_TIMEOUT/,
            retry: /reconnect/i,
            reconect: /reconnect/i, // mistyped
            "npm install": /install/i, // README
        };
        for (const [words, expected] of Object.entries(EXPECTED)) {
            it(`finds what people call "${words}"`, async () => {
                const results = await search(words);
                expect(results.slice(0, 3).join("\n")).to.match(expected);
                expect(results.every((result) => result.includes("\n"))).to.equal(true);
            });
        }

        it("opens a result with the keyboard, from a page in a folder", async () => {
            await search("ERR_BAD_OPTION");
            await page.keyboard.press("ArrowDown");
            await page.keyboard.press("Enter");
            await page.waitForURL(/Errors\.html#err_bad_option$/);
        });
    });

    it("begins the menu of a phone with the pages of the site", async () => {
        const page = await site.window("phone");
        await site.visit(page, "documents/Options.html");
        await page.click("#tsd-toolbar-menu-trigger");
        await page.locator(".site-menu >> text=Getting started").waitFor({ state: "visible" });
        await page.waitForFunction(() => !document.documentElement.classList.contains("to-has-menu"));
        await site.picture(page, "menu");
        const [menu, contents] = await Promise.all(
            [".site-menu", ".page-menu"].map((selector) => page.locator(selector).boundingBox()),
        );
        expect(menu!.y).to.be.below(100).and.below(contents!.y);
        await page.context().close();
    });

    it("links error codes to their descriptions", async () => {
        const page = await site.window("desktop");
        await site.visit(page, "classes/sockhop.SockhopClient.html");
        const link = page.locator("a:has(> code:text-is('ERR_REQUEST_TYPE'))").first();
        expect(await link.getAttribute("href")).to.equal("../documents/Errors.html#err_request_type");
        await page.context().close();
    });

    for (const [name, page] of Object.entries({ client: "SockhopClient", server: "SockhopServer" })) {
        it(`has examples of the methods that are used first (${name})`, async () => {
            const window = await site.plainWindow();
            await window.goto(site.address(`classes/sockhop.${page}.html`));
            for (const method of ["send", "ask", "request", "on"]) {
                const code = await window.locator(`.tsd-member:has(h3#${method}) pre`).allInnerTexts();
                expect(code.join()).to.match(new RegExp(`${name}\\.${method}\\(`));
            }
            await window.context().close();
        });
    }

    for (const scheme of ["light", "dark"] as Scheme[]) {
        it(`has charts that fit a phone and can be read (${scheme})`, async () => {
            const page = await site.window("phone", scheme);
            await site.visit(page, "documents/Benchmarks.html");
            const charts = await page.locator(".chart").all();
            expect(charts).to.have.length.above(5);
            for (const chart of charts) expect((await chart.boundingBox())!.width).to.be.within(300, 390);
            expect(await page.evaluate(contrast)).to.be.above(7);
            const sizes = await page
                .locator(".chart text")
                .evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().height));
            expect(Math.min(...sizes)).to.be.above(9);
            await charts[0]!.scrollIntoViewIfNeeded();
            await site.picture(page, `chart-${scheme}`);
            await page.context().close();
        });
    }
});
