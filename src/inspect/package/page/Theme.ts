import { h, setText } from "./dom";

const THEMES = ["auto", "light", "dark"] as const;

/** Button that chooses between a dark and a light page. */
export function themeButton(onChange: () => void): HTMLElement {
    let index = 0;
    const button = h("button", {
        class: "theme",
        onclick: () => {
            index = (index + 1) % THEMES.length;
            apply();
            onChange();
        },
    });
    const apply = (): void => {
        const theme = THEMES[index] as string;
        document.documentElement.dataset["theme"] = theme;
        setText(button, `Theme: ${theme}`);
    };
    apply();
    return button;
}
