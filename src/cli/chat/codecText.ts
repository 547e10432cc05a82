/** Status line for the codec that two ends have agreed on. */
export function codecText(name: string, peer: string): string {
    return name === "json"
        ? `${peer} does not have the codec: messages are lines of JSON`
        : `codec ${name} with ${peer}`;
}
