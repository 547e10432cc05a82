import type { TappedMessage } from "./frames/parseFrame";

/** Number of this protocol. The page and its server are in two packages, and a page shows no data of another number. */
export const PROTOCOL = 1;

/** Sender of a message. */
export type Side = "client" | "server";

/** A count for each sender: clients first, then servers. */
export type PerSide = [client: number, server: number];

/** A connection, in the state of the last update. */
export interface ConnectionRow {
    id: number;
    /** End of the connection that is inspected; `tap` if that is neither. */
    role: Side | "tap";
    /** Address or path of the other end, and of the endpoint. */
    peer: string;
    endpoint: string;
    /** Class of the session. */
    session?: string;
    codec?: string;
    state: "open" | "interrupted" | "closed";
    /** Milliseconds since the epoch. */
    since: number;
    until?: number;
    /** Cause of the end. */
    reason?: string;
    messages: PerSide;
    bytes: PerSide;
    /** Bytes that are not sent yet. */
    waiting: number;
    /** Replies and responses that have not arrived. */
    pending: number;
    /** Milliseconds between a ping and its pong. */
    roundTrip?: number;
    resumes: number;
    groups?: string[];
}

/** A message. Its members are those of the lines that `tap --record` writes, and some more. */
export interface MessageRow extends TappedMessage {
    /** Number of the row, from 1 on. */
    n: number;
    /** ISO 8601, as in recordings. */
    time: string;
    connection: number;
    from: Side;
    /** Milliseconds from the call or request to this reply or response. */
    took?: number;
    /** True if parts of the value are missing, because it is large. */
    cut?: boolean;
    /** Name of the type of a request, in a response that has none. */
    asked?: string;
}

/** An error, or a frame that could not be read. */
export interface ProblemRow {
    n: number;
    time: string;
    connection?: number;
    from?: Side;
    /** Error code, or kind of the frame. */
    code?: string;
    text: string;
    /** First bytes of a bad frame, in hexadecimal. */
    hex?: string;
    /** Size of that frame. */
    bytes?: number;
}

/** Counts of one second. */
export interface Point {
    /** End of the second, in milliseconds since the epoch. */
    time: number;
    messages: PerSide;
    bytes: PerSide;
    /** Number of replies and responses whose times are known, and percentiles of these times in milliseconds. */
    replies: number;
    p50: number | null;
    p99: number | null;
    waiting: number;
    pending: number;
    /** Longest delay of the event loop of the inspected program, in milliseconds. */
    delay: number | null;
    connections: number;
}

/** Counts since the start, of a program since its first page was opened. They include what no list has. */
export interface Totals {
    messages: PerSide;
    bytes: PerSide;
    /** Messages that were counted, and are in no list. */
    skipped: number;
    problems: number;
    opened: number;
    open: number;
    /** Open connections that are in no list. */
    unlisted: number;
}

/** Limits of the lists that the server keeps. */
export interface Limits {
    connections: number;
    closed: number;
    messages: number;
    /** Characters of all messages, and of one value. */
    characters: number;
    value: number;
    problems: number;
    seconds: number;
    /** Messages that are shown in one second. */
    rate: number;
}

/** First event: what is inspected. */
export interface Hello {
    protocol: number;
    version: string;
    form: "tap" | "program";
    title: string;
    /** True if the page may send messages. */
    canSend: boolean;
    limits: Limits;
    /** Milliseconds since the epoch. */
    started: number;
}

/** Changes since the update before. The first one has all that is kept. */
export interface Update {
    time: number;
    totals: Totals;
    connections?: ConnectionRow[];
    /** Ids of connections that are no longer listed. */
    removed?: number[];
    messages?: MessageRow[];
    problems?: ProblemRow[];
    points?: Point[];
    /** Members of the cluster, if the program is one. */
    members?: string[];
}
