/** The end of a command's help: what one can do with it, each line with its reason. */
export function examples(...lines: [command: string, what: string][]): string {
    const shown = lines.map(([command, what]) => `  $ ${command}\n      ${what}`);
    return `\nExamples:\n${shown.join("\n")}`;
}
