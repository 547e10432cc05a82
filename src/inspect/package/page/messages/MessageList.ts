import { h, setText } from "../dom";
import { type Filter, matches } from "./Filter";
import { bytes, clock, duration, name, preview, visible } from "../format";
import type { Changes, Shown, Store } from "../data/Store";

/** Rows above and below the visible ones. */
const MARGIN = 8;

/** Text and meaning of the direction of a message. */
export const ARROWS = { client: "→", server: "←" } as const;
export const DIRECTIONS = { client: "client to server", server: "server to client" } as const;

const KIND_NAMES: ReadonlyMap<string, string> = new Map([
    ["question", "call"],
    ["answer", "reply"],
]);

/** Word for the kind of a message, which can be any text in a recording. */
export function kindName(kind: string): string {
    return KIND_NAMES.get(kind) ?? visible(kind);
}

/** List of messages. Only the visible rows are elements, so that any number of messages can be shown. */
export class MessageList {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #scroller: HTMLElement;
    readonly #canvas: HTMLElement;
    readonly #empty: HTMLElement;
    #filter: Filter = {};
    /** Messages that match the filter. */
    #rows: Shown[] = [];
    #rowHeight = 28;
    #drawn = new Map<Shown, HTMLElement>();
    #selected: Shown | undefined;
    /** Number of messages that have arrived during the pause; `undefined` without one. */
    #missed: number | undefined;
    /** True if the list shows the newest messages. */
    follows = true;
    onSelect: (shown: Shown | undefined) => void = () => undefined;
    /** Called when the list stops or starts to follow. */
    onFollow: () => void = () => undefined;

    constructor(store: Store) {
        this.#store = store;
        this.#canvas = h("div", {
            class: "canvas",
            role: "listbox",
            tabindex: 0,
            "aria-label": "Messages",
            id: "messages",
        });
        this.#empty = h("p", { class: "empty", text: "No messages yet." });
        this.#scroller = h("div", { class: "scroller" }, this.#empty, this.#canvas);
        this.element = this.#scroller;
        this.#scroller.addEventListener("scroll", () => {
            this.#onScroll();
        });
        this.#canvas.addEventListener("keydown", (event) => {
            this.#onKey(event);
        });
        new ResizeObserver(() => {
            this.#measure();
        }).observe(this.#scroller);
    }

    get isPaused(): boolean {
        return this.#missed !== undefined;
    }

    get missed(): number {
        return this.#missed ?? 0;
    }

    get length(): number {
        return this.#rows.length;
    }

    setFilter(filter: Filter): void {
        this.#filter = filter;
        this.#missed &&= 0;
        this.#rows = this.#store.messages.filter((shown) => matches(shown, filter));
        this.draw();
        this.#toEnd();
    }

    pause(isPaused: boolean): void {
        this.#missed = isPaused ? 0 : undefined;
        if (!isPaused) this.setFilter(this.#filter);
    }

    follow(follows: boolean): void {
        this.follows = follows;
        this.#toEnd();
    }

    /** Adds new messages, and removes those that the store has removed. */
    update({ messages, isReset }: Changes): void {
        if (isReset) {
            this.#rows = [];
            this.#select(undefined);
        }
        if (this.#missed !== undefined) {
            this.#missed += messages.length;
            if (!isReset) return;
        }
        for (const shown of messages) if (matches(shown, this.#filter)) this.#rows.push(shown);
        const first = this.#store.messages[0]?.row.n ?? 0;
        let removed = 0;
        while (removed < this.#rows.length && (this.#rows[removed] as Shown).row.n < first) removed += 1;
        if (removed > 0) {
            this.#rows.splice(0, removed);
            if (!this.follows) this.#scroller.scrollTop -= removed * this.#rowHeight;
        }
        this.draw();
        this.#toEnd();
    }

    /** Draws the visible rows. */
    draw(): void {
        const { scrollTop, clientHeight } = this.#scroller;
        const height = this.#rowHeight;
        this.#canvas.style.height = `${this.#rows.length * height}px`;
        this.#empty.hidden = this.#rows.length > 0;
        setText(this.#empty, emptyText(this.#store));
        const first = Math.max(0, Math.floor(scrollTop / height) - MARGIN);
        const last = Math.min(this.#rows.length, Math.ceil((scrollTop + clientHeight) / height) + MARGIN);
        const drawn = new Map<Shown, HTMLElement>();
        for (let index = first; index < last; index++) {
            const shown = this.#rows[index] as Shown;
            const element = this.#drawn.get(shown) ?? this.#row(shown);
            element.style.top = `${index * height}px`;
            element.setAttribute("aria-posinset", String(index + 1));
            element.setAttribute("aria-setsize", String(this.#rows.length));
            element.setAttribute("aria-selected", String(shown === this.#selected));
            drawn.set(shown, element);
        }
        for (const [shown, element] of this.#drawn) if (!drawn.has(shown)) element.remove();
        for (const element of drawn.values()) if (!element.isConnected) this.#canvas.append(element);
        this.#drawn = drawn;
        const active = this.#selected && drawn.get(this.#selected);
        if (active) this.#canvas.setAttribute("aria-activedescendant", active.id);
        else this.#canvas.removeAttribute("aria-activedescendant");
    }

    #row(shown: Shown): HTMLElement {
        const { row } = shown;
        shown.preview ??= preview(row.error ?? row.text ?? row.data);
        return h(
            "div",
            {
                class: `row ${row.from} kind-${/^\w+$/.test(row.kind) ? row.kind : "other"}`,
                role: "option",
                id: `m${row.n}`,
                onclick: () => {
                    this.#select(shown === this.#selected ? undefined : shown);
                },
            },
            h("span", { class: "time", text: clock(row.time) }),
            h("span", { class: "number", text: `#${row.connection}` }),
            h("span", { class: "arrow", role: "img", "aria-label": DIRECTIONS[row.from], text: ARROWS[row.from] }),
            h("span", { class: "kind", text: kindName(row.kind) }),
            h("span", { class: "type", text: name(row.type) }),
            h("span", { class: "size", text: bytes(row.bytes) }),
            h("span", { class: "took", text: row.took === undefined ? "" : duration(row.took) }),
            h("span", { class: "preview", text: shown.preview }),
        );
    }

    #select(shown: Shown | undefined): void {
        this.#selected = shown;
        if (shown) this.#setFollow(false);
        this.draw();
        this.onSelect(shown);
    }

    #onKey(event: KeyboardEvent): void {
        const page = Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight) - 1);
        const steps: Readonly<Record<string, number>> = {
            ArrowDown: 1,
            ArrowUp: -1,
            PageDown: page,
            PageUp: -page,
            Home: -Infinity,
            End: Infinity,
        };
        if (event.key === "Escape") {
            this.#select(undefined);
            return;
        }
        const step = steps[event.key];
        if (step === undefined || this.#rows.length === 0) return;
        event.preventDefault();
        const current = this.#selected ? this.#rows.indexOf(this.#selected) : -1;
        const start = current === -1 ? (step < 0 ? this.#rows.length : -1) : current;
        const index = Math.min(this.#rows.length - 1, Math.max(0, start + step));
        this.#scrollTo(index);
        this.#select(this.#rows[index]);
    }

    #scrollTo(index: number): void {
        const { scrollTop, clientHeight } = this.#scroller;
        const top = index * this.#rowHeight;
        if (top < scrollTop) this.#scroller.scrollTop = top;
        else if (top + this.#rowHeight > scrollTop + clientHeight)
            this.#scroller.scrollTop = top + this.#rowHeight - clientHeight;
    }

    #onScroll(): void {
        const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
        const isAtEnd = scrollTop + clientHeight >= scrollHeight - this.#rowHeight;
        if (!isAtEnd && this.follows) this.#setFollow(false);
        this.draw();
    }

    #setFollow(follows: boolean): void {
        if (this.follows === follows) return;
        this.follows = follows;
        this.onFollow();
    }

    #toEnd(): void {
        if (!this.follows) return;
        this.#scroller.scrollTop = this.#rows.length * this.#rowHeight;
        this.draw();
    }

    /** Reads the height of a row, which depends on the width of the window. */
    #measure(): void {
        const text = getComputedStyle(this.#scroller).getPropertyValue("--row");
        this.#rowHeight = parseFloat(text) || 28;
        this.draw();
        this.#toEnd();
    }
}

/** Text of the list without rows. */
function emptyText({ messages, hello, totals }: Store): string {
    if (messages.length > 0) return "No message matches the filter.";
    if (hello?.form !== "tap" || totals.opened > 0) return "No messages yet.";
    return "No messages yet. Clients have to connect to the address on which the command listens.";
}
