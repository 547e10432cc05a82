import { h } from "../dom";
import { type Filter, KIND_GROUPS } from "./Filter";
import type { Store } from "../data/Store";

/** Types that the list offers. */
const MAX_TYPES = 100;

/** Fields that choose which messages are shown. */
export class FilterBar {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #text: HTMLInputElement;
    readonly #type: HTMLInputElement;
    readonly #types: HTMLDataListElement;
    readonly #from: HTMLSelectElement;
    readonly #kinds: HTMLSelectElement;
    readonly #connection: HTMLInputElement;
    onFilter: (filter: Filter) => void = () => undefined;

    constructor(store: Store) {
        this.#store = store;
        const changed = (): void => {
            this.onFilter(this.filter);
        };
        this.#text = h("input", {
            type: "search",
            class: "text",
            placeholder: "Text",
            "aria-label": "Text in the message",
            oninput: changed,
            maxlength: 200,
        });
        this.#types = h("datalist", { id: "types" });
        this.#type = h("input", {
            type: "search",
            list: "types",
            placeholder: "Type",
            "aria-label": "Type",
            oninput: changed,
            onfocus: () => {
                this.#listTypes();
            },
        });
        this.#connection = h("input", {
            type: "search",
            inputmode: "numeric",
            class: "connection",
            placeholder: "Conn.",
            "aria-label": "Number of the connection",
            oninput: changed,
        });
        this.#from = h(
            "select",
            { "aria-label": "Direction", onchange: changed },
            h("option", { value: "", text: "→ ← both" }),
            h("option", { value: "client", text: "→ to server" }),
            h("option", { value: "server", text: "← to client" }),
        );
        this.#kinds = h(
            "select",
            { "aria-label": "Kind", onchange: changed },
            h("option", { value: "", text: "all kinds" }),
        );
        for (const kinds of Object.keys(KIND_GROUPS)) this.#kinds.append(h("option", { value: kinds, text: kinds }));
        this.element = h(
            "div",
            { class: "filters", role: "search", "aria-label": "Filter of the messages" },
            ...[this.#text, this.#type, this.#types, this.#connection, this.#from, this.#kinds],
        );
    }

    get filter(): Filter {
        const number = parseInt(this.#connection.value.replace("#", ""), 10);
        return {
            connection: Number.isNaN(number) ? undefined : number,
            from: this.#from.value || undefined,
            kinds: this.#kinds.value || undefined,
            type: this.#type.value || undefined,
            text: this.#text.value.toLowerCase() || undefined,
        };
    }

    set connection(id: number | undefined) {
        this.#connection.value = id === undefined ? "" : String(id);
        this.onFilter(this.filter);
    }

    focus(): void {
        this.#text.focus();
    }

    #listTypes(): void {
        const types = new Set<string>();
        for (const { row } of this.#store.messages) {
            if (typeof row.type === "string") types.add(row.type);
            if (types.size >= MAX_TYPES) break;
        }
        this.#types.replaceChildren(...[...types].sort().map((type) => h("option", { value: type })));
    }
}
