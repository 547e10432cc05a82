import type { MessageRow } from "../../../protocol";
import { h } from "../dom";
import { bytes, count, duration, name, visible } from "../format";
import { jsonTree } from "./jsonTree";
import { DIRECTIONS, kindName } from "./MessageList";
import { partnersOf, type Shown, type Store } from "../data/Store";

/** Characters of a text that are shown. */
const MAX_TEXT = 20_000;

/** Shows one message, and its reply or its call beside it. */
export class Detail {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #body: HTMLElement;
    onClose: () => void = () => undefined;

    constructor(store: Store) {
        this.#store = store;
        this.#body = h("div", { class: "detail-body" });
        const close = h("button", {
            class: "small",
            "aria-label": "Close the message",
            text: "✕",
            onclick: () => {
                this.onClose();
            },
        });
        this.element = h(
            "section",
            { class: "detail", "aria-label": "Message", hidden: true },
            h("header", {}, h("h2", { text: "Message" }), close),
            this.#body,
        );
    }

    show(shown: Shown | undefined): void {
        this.element.hidden = shown === undefined;
        if (!shown) return;
        const { row } = shown;
        const partners = partnersOf(row, this.#store.messages);
        const isFirst = row.kind === "question" || row.kind === "request" || row.kind === "ping";
        const others = partners.map((partner) => this.#card(partner, true));
        const own = this.#card(row, false);
        this.#body.replaceChildren(...(isFirst ? [own, ...others] : [...others, own]));
        if (isFirst && others.length === 0)
            this.#body.append(h("p", { class: "empty", text: "No reply is in the list." }));
    }

    #card(row: MessageRow, isPartner: boolean): HTMLElement {
        const kind = kindName(row.kind);
        const facts: [string, string | undefined][] = [
            ["Type", name(row.type)],
            ["Direction", DIRECTIONS[row.from]],
            ["Connection", `#${row.connection}`],
            ["Time", row.time],
            ["Size", `${bytes(row.bytes)}${row.bytes >= 1000 ? ` (${count(row.bytes)} bytes)` : ""}`],
            ["Took", row.took === undefined ? undefined : duration(row.took)],
            ["Id", name(row.id)],
            ["Codec", name(row.codec)],
            ["Request", name(row.asked)],
            ["Notes", notesOf(row)],
        ];
        const list = h("dl");
        for (const [term, text] of facts) if (text) list.append(h("dt", { text: term }), h("dd", { text }));
        return h(
            "article",
            { class: `card ${row.from}${isPartner ? " partner" : ""}` },
            h("h3", { text: isPartner ? `${kind} (of the same id)` : kind }),
            list,
            ...contentOf(row),
        );
    }
}

function notesOf({ incomplete, replayed, last, empty, cancel, cut }: MessageRow): string {
    return [
        incomplete && "without an end",
        replayed && "sent again",
        last && "last part",
        empty && "no value",
        cancel && "canceled",
        cut && "shortened: the value is large",
    ]
        .filter(Boolean)
        .join(", ");
}

function contentOf({ data, text, error }: MessageRow): HTMLElement[] {
    const parts: HTMLElement[] = [];
    if (error !== undefined) parts.push(h("h4", { text: "Error" }), h("div", { class: "tree" }, jsonTree(error)));
    if (text !== undefined) {
        const shown = visible(text.slice(0, MAX_TEXT));
        parts.push(h("h4", { text: "Text" }), h("pre", { class: "tree", text: shown }));
    }
    if (data !== undefined) parts.push(h("h4", { text: "Value" }), h("div", { class: "tree" }, jsonTree(data)));
    return parts;
}
