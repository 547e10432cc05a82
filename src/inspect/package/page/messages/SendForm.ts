import { h } from "../dom";
import { jsonTree } from "./jsonTree";

/** Body of a response. */
interface Reply {
    result?: unknown;
    error?: string;
}

/** Form to send a message, a call or a request by hand. */
export class SendForm {
    readonly element: HTMLDialogElement;
    readonly #kind: HTMLSelectElement;
    readonly #type: HTMLInputElement;
    readonly #data: HTMLTextAreaElement;
    readonly #result: HTMLElement;

    constructor() {
        this.#kind = h(
            "select",
            { id: "send-kind" },
            h("option", { value: "message", text: "message" }),
            h("option", { value: "call", text: "call: wait for the reply" }),
            h("option", { value: "request", text: "request: wait for the response" }),
        );
        this.#type = h("input", { id: "send-type", autocomplete: "off", placeholder: "class name, optional" });
        this.#data = h("textarea", { id: "send-data", rows: 6, spellcheck: "false" }, '{ "hello": "world" }');
        this.#result = h("div", { class: "result tree", "aria-live": "polite" });
        const form = h(
            "form",
            {},
            h("h2", { text: "Send to the server" }),
            h("p", { class: "note", text: "Over a connection of its own, which appears in the list." }),
            h("label", { for: "send-kind", text: "Kind" }),
            this.#kind,
            h("label", { for: "send-type", text: "Type" }),
            this.#type,
            h("label", { for: "send-data", text: "Value (JSON)" }),
            this.#data,
            h(
                "div",
                { class: "tools" },
                h("button", { type: "submit", class: "primary", text: "Send" }),
                h("button", { type: "button", text: "Close", onclick: () => this.element.close() }),
            ),
            this.#result,
        );
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#send();
        });
        this.element = h("dialog", { "aria-label": "Send to the server" }, form);
    }

    open(): void {
        this.element.showModal();
        this.#data.focus();
    }

    async #send(): Promise<void> {
        let data: unknown;
        try {
            data = JSON.parse(this.#data.value);
        } catch (error) {
            this.#show(h("p", { class: "error", text: `No JSON: ${(error as Error).message}` }));
            return;
        }
        const type = this.#type.value.trim();
        const body = JSON.stringify({ kind: this.#kind.value, ...(type !== "" && { type }), data });
        this.#show(h("p", { text: "Waiting…" }));
        try {
            const response = await fetch("send", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body,
            });
            const isJson = response.headers.get("Content-Type") === "application/json";
            const text = await response.text();
            const { result, error } = (isJson ? JSON.parse(text) : { error: text }) as Reply;
            if (!response.ok) this.#show(h("p", { class: "error", text: error ?? `refused (${response.status})` }));
            else if (this.#kind.value === "message") this.#show(h("p", { text: "Sent." }));
            else this.#show(h("p", { text: "Reply:" }), jsonTree(result));
        } catch (error) {
            this.#show(h("p", { class: "error", text: (error as Error).message }));
        }
    }

    #show(...elements: HTMLElement[]): void {
        this.#result.replaceChildren(...elements);
    }
}
