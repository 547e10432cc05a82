import process from "node:process";

/**
 * Emits a process warning of the type `SockhopWarning`.
 *
 * @param detail - further lines, such as a stack
 */
export function warn(text: string, detail?: string): void {
    process.emitWarning(text, { type: "SockhopWarning", ...(detail !== undefined && { detail }) });
}
