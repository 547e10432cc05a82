import process from "node:process";

/**
 * Emits a process warning of the type `SockhopWarning`.
 *
 * @param more - code of an error; further lines, such as a stack
 */
export function warn(text: string, more?: { code?: string; detail?: string }): void {
    process.emitWarning(text, { type: "SockhopWarning", ...more });
}
