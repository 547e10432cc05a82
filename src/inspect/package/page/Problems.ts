import type { ProblemRow } from "../../protocol";
import { h } from "./dom";
import { clock, count, visible } from "./format";
import type { Changes, Store } from "./data/Store";

/** Rows that are shown. */
const MAX_ROWS = 200;

/** Bytes in a line of a hex dump. */
const LINE = 16;

/** List of errors and bad frames, the newest first. */
export class Problems {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #list: HTMLElement;
    readonly #empty: HTMLElement;
    #newest = 0;

    constructor(store: Store) {
        this.#store = store;
        this.#list = h("ol", { class: "problems-list", "aria-label": "Errors and bad frames" });
        this.#empty = h("p", { class: "empty", text: "No errors." });
        this.element = h("div", { class: "problems-body" }, this.#empty, this.#list);
    }

    update({ hasProblems, isReset }: Changes): void {
        if (isReset) {
            this.#list.replaceChildren();
            this.#newest = 0;
        }
        if (hasProblems || isReset) {
            for (const problem of this.#store.problems) if (problem.n > this.#newest) this.#list.prepend(item(problem));
            this.#newest = this.#store.problems.at(-1)?.n ?? 0;
            while (this.#list.childElementCount > MAX_ROWS) this.#list.lastElementChild?.remove();
        }
        this.#empty.hidden = this.#list.childElementCount > 0;
    }
}

function item({ time, connection, from, code, text, hex, bytes }: ProblemRow): HTMLElement {
    const origin = connection === undefined ? "" : `#${connection}${from ? ` from the ${from}` : ""}`;
    const element = h(
        "li",
        {},
        h("span", { class: "time", text: clock(time) }),
        h("span", { class: "number", text: origin }),
        h("span", { class: "code", text: visible(code ?? "error") }),
        h("span", { class: "problem", text: visible(text) }),
    );
    if (hex !== undefined) {
        const size = bytes === undefined ? "" : ` of ${count(bytes)} bytes`;
        const summary = h("summary", { text: `first ${count(hex.length / 2)}${size}` });
        element.append(h("details", {}, summary, h("pre", { class: "hex", text: hexDump(hex) })));
    }
    return element;
}

/** Offset, bytes and characters of each line. */
export function hexDump(hex: string): string {
    const bytes = (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
    const lines: string[] = [];
    for (let start = 0; start < bytes.length; start += LINE) {
        const part = bytes.slice(start, start + LINE);
        const digits = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
        const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
        lines.push(`${start.toString(16).padStart(4, "0")}  ${digits.padEnd(3 * LINE - 1)}  ${text}`);
    }
    return lines.join("\n");
}
