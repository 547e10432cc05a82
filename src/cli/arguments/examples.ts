/** Formats the examples at the end of a command's help. */
export function examples(...lines: [command: string, purpose: string][]): string {
    const shown = lines.map(([command, purpose]) => `  $ ${command}\n      ${purpose}`);
    return `\nExamples:\n${shown.join("\n")}`;
}
