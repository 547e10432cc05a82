import type { Shown } from "../data/Store";

/** Characters of a message that are searched. */
const MAX_SEARCH = 20_000;

/** Kinds that the user can choose together. */
export const KIND_GROUPS: Readonly<Record<string, readonly string[]>> = {
    messages: ["message"],
    calls: ["question", "answer"],
    requests: ["request", "response"],
    control: ["ping", "pong", "hello", "resume", "receipt"],
    "bad frames": ["invalid", "incomplete", "deep", "large"],
};

/** Which messages are shown. */
export interface Filter {
    connection?: number | undefined;
    from?: string | undefined;
    /** Name in {@link KIND_GROUPS}. */
    kinds?: string | undefined;
    type?: string | undefined;
    /** In lower case. */
    text?: string | undefined;
}

export function matches(shown: Shown, { connection, from, kinds, type, text }: Filter): boolean {
    const { row } = shown;
    if (connection !== undefined && row.connection !== connection) return false;
    if (from !== undefined && row.from !== from) return false;
    if (kinds !== undefined && KIND_GROUPS[kinds]?.includes(row.kind) !== true) return false;
    if (type !== undefined && row.type !== type && row.asked !== type) return false;
    if (text === undefined) return true;
    shown.search ??= searchText(shown);
    return shown.search.includes(text);
}

function searchText({ row }: Shown): string {
    const { kind, type, id, data, text, error } = row;
    return JSON.stringify([kind, type, id, data, text, error]).slice(0, MAX_SEARCH).toLowerCase();
}
