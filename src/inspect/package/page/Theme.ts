import { h, setText } from "./dom";

const THEMES = ["auto", "light", "dark"] as const;

/**
 * Button that chooses between a dark and a light page. At first the page follows the system.
 *
 * @param onChange - called when the colors may have changed
 */
export function themeButton(onChange: () => void): HTMLElement {
    const prefersDark = matchMedia("(prefers-color-scheme: dark)");
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
        const system = prefersDark.matches ? "dark" : "light";
        document.documentElement.dataset["theme"] = theme === "auto" ? system : theme;
        setText(button, `Theme: ${theme}`);
    };
    prefersDark.addEventListener("change", () => {
        apply();
        onChange();
    });
    apply();
    return button;
}
