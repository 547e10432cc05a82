import type { ConnectionRow } from "../../protocol";
import { classOf, type Column, COLUMNS } from "./columns";
import { h, setText } from "./dom";
import { clock, count, visible } from "./format";
import type { Changes, Store } from "./data/Store";

/** Milliseconds between two sorts: rows that jump cannot be clicked. */
const SORT_MS = 1000;

/** Table of the connections. */
export class Connections {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #scroller: HTMLElement;
    readonly #body: HTMLElement;
    readonly #note: HTMLElement;
    readonly #details: HTMLElement;
    readonly #headers: HTMLElement[] = [];
    readonly #rows = new Map<number, HTMLTableRowElement>();
    #order = { column: 0, isDescending: true };
    #sortedAt = 0;
    #selected: number | undefined;
    onSelect: (id: number | undefined) => void = () => undefined;

    constructor(store: Store) {
        this.#store = store;
        this.#body = h("tbody");
        const head = h("tr");
        COLUMNS.forEach((column, index) => {
            const button = h("button", {
                title: column.label,
                text: column.title,
                onclick: () => {
                    this.#sortBy(index);
                },
            });
            const header = h("th", { scope: "col", class: classOf(column) }, button);
            this.#headers.push(header);
            head.append(header);
        });
        this.#note = h("p", { class: "note", hidden: true });
        this.#details = h("div", { class: "selected", hidden: true });
        const table = h("table", { "aria-label": "Connections" }, h("thead", {}, head), this.#body);
        this.#scroller = h("div", { class: "table-scroller" }, table);
        this.element = h("div", { class: "connections-body" }, this.#details, this.#scroller, this.#note);
        this.#showOrder();
    }

    /** Selects a connection: messages of others are hidden. */
    select(id: number | undefined): void {
        const before = this.#selected;
        this.#selected = id;
        for (const each of [before, id]) {
            const row = each === undefined ? undefined : this.#rows.get(each);
            row?.setAttribute("aria-selected", String(each === id));
        }
        this.#showDetails();
    }

    update({ connections, isReset }: Changes): void {
        if (isReset) {
            this.#rows.clear();
            this.#body.replaceChildren();
            this.select(undefined);
        }
        let isNew = isReset;
        for (const id of connections) {
            const row = this.#store.connections.get(id);
            if (row) isNew = this.#draw(row) || isNew;
        }
        for (const [id, element] of this.#rows) {
            if (this.#store.connections.has(id)) continue;
            element.remove();
            this.#rows.delete(id);
        }
        const now = performance.now();
        if (isNew || now - this.#sortedAt > SORT_MS) {
            this.#sortedAt = now;
            for (const row of this.#store.connections.values()) if (row.state !== "closed") this.#draw(row);
            this.#sort();
        }
        const { open, unlisted } = this.#store.totals;
        this.#scroller.hidden = this.#store.connections.size === 0;
        this.#note.hidden = unlisted === 0 && this.#store.connections.size > 0;
        setText(
            this.#note,
            unlisted > 0
                ? `${count(open)} connections are open, and ${count(unlisted)} of them are not listed.`
                : "No connections yet.",
        );
        this.#showDetails();
    }

    /** @returns true if the row is new */
    #draw(row: ConnectionRow): boolean {
        const now = this.#store.time;
        const known = this.#rows.get(row.id);
        const element = known ?? this.#create(row.id);
        element.className = row.state;
        COLUMNS.forEach((column, index) => {
            setText(element.cells[index] as HTMLElement, column.text(row, now));
        });
        return known === undefined;
    }

    #create(id: number): HTMLTableRowElement {
        const toggle = (): void => {
            this.onSelect(this.#selected === id ? undefined : id);
        };
        const element = h("tr", { tabindex: 0, "aria-selected": "false", onclick: toggle });
        element.addEventListener("keydown", (event) => {
            const { key } = event;
            const next = key === "ArrowDown" ? element.nextElementSibling : element.previousElementSibling;
            if (key === "ArrowDown" || key === "ArrowUp") (next as HTMLElement | null)?.focus();
            else if (key === "Enter" || key === " ") toggle();
            else return;
            event.preventDefault();
        });
        for (const column of COLUMNS) element.append(h("td", { class: classOf(column) }));
        this.#rows.set(id, element);
        this.#body.append(element);
        return element;
    }

    #sortBy(column: number): void {
        const { column: before, isDescending } = this.#order;
        this.#order = {
            column,
            isDescending: column === before ? !isDescending : COLUMNS[column]?.value !== undefined,
        };
        this.#showOrder();
        this.#sort();
    }

    #showOrder(): void {
        this.#headers.forEach((header, index) => {
            const { column, isDescending } = this.#order;
            header.setAttribute("aria-sort", index !== column ? "none" : isDescending ? "descending" : "ascending");
        });
    }

    /** Closed connections are last. */
    #sort(): void {
        const { column, isDescending } = this.#order;
        const { value, text } = COLUMNS[column] as Column;
        const now = this.#store.time;
        const sign = isDescending ? -1 : 1;
        const rows = [...this.#store.connections.values()].sort((a, b) => {
            const closed = Number(a.state === "closed") - Number(b.state === "closed");
            if (closed !== 0) return closed;
            const order = value ? value(a, now) - value(b, now) : text(a, now).localeCompare(text(b, now));
            return sign * (order || a.id - b.id);
        });
        let next = this.#body.firstElementChild;
        for (const { id } of rows) {
            const element = this.#rows.get(id);
            if (!element) continue;
            if (element === next) next = next.nextElementSibling;
            else this.#body.insertBefore(element, next);
        }
    }

    /** Shows all columns of the selected connection, also those that a narrow window has no space for. */
    #showDetails(): void {
        const row = this.#selected === undefined ? undefined : this.#store.connections.get(this.#selected);
        this.#details.hidden = !row;
        if (!row) return;
        const now = this.#store.time;
        const facts: [string, string][] = [
            ...COLUMNS.slice(1).map(({ label, text }): [string, string] => [label, text(row, now)]),
            ["Endpoint", visible(row.endpoint)],
            ["Since", clock(row.since, false)],
        ];
        let list = this.#details.querySelector("dl");
        if (!list || this.#details.dataset["id"] !== String(row.id)) {
            this.#details.dataset["id"] = String(row.id);
            list = h("dl");
            for (const [term] of facts) list.append(h("div", {}, h("dt", { text: term }), h("dd")));
            const all = h("button", {
                class: "small",
                text: "Show all connections",
                onclick: () => {
                    this.onSelect(undefined);
                },
            });
            this.#details.replaceChildren(h("h3", { text: `Connection #${row.id}` }), all, list);
        }
        const values = list.querySelectorAll("dd");
        facts.forEach(([, text], index) => {
            setText(values[index] as HTMLElement, text);
        });
    }
}
