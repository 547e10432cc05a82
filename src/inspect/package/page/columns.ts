import type { ConnectionRow } from "../../protocol";
import { bytes, count, duration, short, visible } from "./format";

/** A column of the table. */
export interface Column {
    title: string;
    /** Explanation, and the label in the details. */
    label: string;
    text: (row: ConnectionRow, now: number) => string;
    /** Numbers are sorted, and aligned to the right. */
    value?: (row: ConnectionRow, now: number) => number;
    /** True if a phone does not show it. The details do. */
    isWide?: boolean;
}

/** Columns of the table of connections. */
export const COLUMNS: readonly Column[] = [
    { title: "#", label: "Number", text: ({ id }) => `#${id}`, value: ({ id }) => id },
    { title: "Peer", label: "Peer", text: ({ peer, role }) => `${ROLES[role]}${visible(peer)}` },
    {
        title: "State",
        label: "State",
        text: ({ state, reason }) => (reason === undefined ? state : `${state}: ${visible(reason)}`),
    },
    {
        title: "Open",
        label: "Open for",
        text: ({ since, until }, now) => duration(Math.max(0, (until ?? now) - since)),
        value: ({ since, until }, now) => (until ?? now) - since,
        isWide: true,
    },
    {
        title: "Msgs →",
        label: "Messages to the server",
        text: ({ messages: [n] }) => short(n),
        value: ({ messages: [n] }) => n,
    },
    {
        title: "Msgs ←",
        label: "Messages to the client",
        text: ({ messages: [, n] }) => short(n),
        value: ({ messages: [, n] }) => n,
    },
    {
        title: "Bytes →",
        label: "Bytes to the server",
        text: ({ bytes: [n] }) => bytes(n),
        value: ({ bytes: [n] }) => n,
        isWide: true,
    },
    {
        title: "Bytes ←",
        label: "Bytes to the client",
        text: ({ bytes: [, n] }) => bytes(n),
        value: ({ bytes: [, n] }) => n,
        isWide: true,
    },
    {
        title: "Waiting",
        label: "Waiting bytes",
        text: ({ waiting }) => bytes(waiting),
        value: ({ waiting }) => waiting,
        isWide: true,
    },
    {
        title: "Pending",
        label: "Pending replies",
        text: ({ pending }) => count(pending),
        value: ({ pending }) => pending,
        isWide: true,
    },
    {
        title: "Ping",
        label: "Round trip",
        text: ({ roundTrip }) => (roundTrip === undefined ? "–" : duration(roundTrip)),
        value: ({ roundTrip = -1 }) => roundTrip,
        isWide: true,
    },
    {
        title: "Resumes",
        label: "Resumes",
        text: ({ resumes }) => short(resumes),
        value: ({ resumes }) => resumes,
        isWide: true,
    },
    { title: "Session", label: "Session", text: ({ session = "–" }) => visible(session), isWide: true },
    { title: "Codec", label: "Codec", text: ({ codec = "json" }) => visible(codec), isWide: true },
    { title: "Groups", label: "Groups", text: ({ groups = [] }) => visible(groups.join(", ")) || "–", isWide: true },
];

const ROLES = { client: "to ", server: "from ", tap: "" } as const;

/** Classes of the cells of a column. */
export function classOf({ value, isWide }: Column): string {
    return [value && "numeric", isWide && "wide"].filter(Boolean).join(" ");
}
