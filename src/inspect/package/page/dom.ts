/** Attributes, properties and listeners of an element. */
export interface Properties {
    class?: string;
    text?: string;
    title?: string;
    hidden?: boolean;
    onclick?: (event: MouseEvent) => void;
    [attribute: string]: string | number | boolean | undefined | ((event: never) => void);
}

type Child = Node | string | undefined | false;

/**
 * Creates an element. Strings become text nodes: what a peer has sent is never parsed as markup.
 *
 * @param properties - functions are listeners, and all others are attributes, except `text`
 */
export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    properties: Properties = {},
    ...children: Child[]
): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === false) continue;
        if (typeof value === "function")
            element.addEventListener(name.replace(/^on/, ""), value as (event: Event) => void);
        else if (name === "text") element.textContent = String(value);
        else element.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children) if (child !== undefined && child !== false) element.append(child);
    return element;
}

/** Changes a text only if it differs, so that a selection and the reader of a screen are not disturbed. */
export function setText(element: Element, text: string): void {
    if (element.textContent !== text) element.textContent = text;
}

/** Calls back at most once in a frame, and not while the page is hidden. */
export function onceAFrame(callback: () => void): () => void {
    let isPlanned = false;
    return () => {
        if (isPlanned) return;
        isPlanned = true;
        requestAnimationFrame(() => {
            isPlanned = false;
            callback();
        });
    };
}
