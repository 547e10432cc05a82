import { h } from "../dom";
import { visible } from "../format";

/** Members of an object that are shown at first, and levels that are open at first. */
const MAX_MEMBERS = 100;
const OPEN_LEVELS = 3;
const MAX_OPEN_MEMBERS = 20;

/** Characters of a string that are shown. */
const MAX_STRING = 20_000;

/** Shows a JSON value as a tree. Members are created when they are opened. */
export function jsonTree(value: unknown, key?: string, level = 0): HTMLElement {
    const label = key === undefined ? [] : [h("span", { class: "key", text: visible(key) }), ": "];
    if (typeof value !== "object" || value === null) {
        return h("div", { class: "leaf" }, ...label, leaf(value));
    }
    const isArray = Array.isArray(value);
    const entries = Object.entries(value);
    const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
    if (entries.length === 0) return h("div", { class: "leaf" }, ...label, `${open}${close}`);
    const noun = isArray ? "items" : "members";
    const size = h("span", {
        class: "dim",
        text: ` ${entries.length} ${entries.length === 1 ? noun.slice(0, -1) : noun}`,
    });
    const details = h("details", { class: "branch" }, h("summary", {}, ...label, `${open}…${close}`, size));
    const fill = (): void => {
        if (!details.open || details.childElementCount > 1) return;
        details.append(members(entries, 0, level + 1));
    };
    details.addEventListener("toggle", fill);
    details.open = level < OPEN_LEVELS && (level === 0 || entries.length <= MAX_OPEN_MEMBERS);
    fill();
    return details;
}

function members(entries: readonly (readonly [string, unknown])[], start: number, level: number): HTMLElement {
    const end = start + MAX_MEMBERS;
    const list = h("div", { class: "members" });
    for (const [key, member] of entries.slice(start, end)) list.append(jsonTree(member, key, level));
    if (end >= entries.length) return list;
    const more = h("button", {
        class: "small",
        text: `${entries.length - end} more`,
        onclick: () => {
            more.replaceWith(members(entries, end, level));
        },
    });
    list.append(more);
    return list;
}

function leaf(value: unknown): HTMLElement {
    if (typeof value === "string") {
        const text = value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)}…` : value;
        return h("span", { class: "string", text: JSON.stringify(visibleLines(text)).replaceAll("\\n", "\n") });
    }
    return h("span", { class: typeof value === "number" ? "number" : "word", text: String(value) });
}

/** Keeps line ends, which are shown as such. */
function visibleLines(text: string): string {
    return text.split("\n").map(visible).join("\n");
}
