import { printable } from "../runtime/thrownValues";
import { nearestName } from "./nearestName";

/** Events of clients and servers. */
const EVENTS = [
    ...["connect", "disconnect", "receive", "request", "error", "drain", "codec"],
    ...["interrupted", "resumed", "reconnecting"],
];

/** Events of other libraries, and those that replace them here. */
const REPLACEMENTS = new Map([
    ["connection", "connect"],
    ["message", "receive"],
    ["data", "receive"],
    ["reconnect", "reconnecting"],
]);

/**
 * Returns a warning of an event that is probably misspelled: a program listens for it, and not for the one with a similar
 * name. Programs may have events of their own.
 *
 * @param heard - names of the events that have listeners
 */
export function unknownEventWarning(heard: readonly (string | symbol)[]): string | undefined {
    const names = heard.filter((name) => typeof name === "string");
    const stems = names.map(stemOf);
    for (const [index, name] of names.entries()) {
        const stem = stems[index] as string;
        if (EVENTS.includes(stem)) continue;
        const meant = REPLACEMENTS.get(stem) ?? nearestName(stem, EVENTS);
        if (meant === undefined || stems.includes(meant)) continue;
        return `The event "${printable(name)}" is none of sockhop: did you mean "${meant}${name.slice(stem.length)}"?`;
    }
    return undefined;
}

/** The name of an event without the type of its messages: `receive` of `receive:Widget`. */
function stemOf(name: string): string {
    return name.split(":", 1)[0] as string;
}
