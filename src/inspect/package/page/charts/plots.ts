import type { Point } from "../../../protocol";
import { bytes, count, duration, short } from "../format";
import type { Store } from "../data/Store";

/** Line of a chart. */
interface Line {
    label: string;
    read: (point: Point) => number | null;
    /** Pattern of the line, so that it can be recognized without its color. */
    dash?: number[];
    /** Name of the variable of its color. */
    color: string;
}

/** Chart over time. */
export interface Plot {
    id: string;
    title: string;
    lines: readonly Line[];
    format: (value: number) => string;
    /** Label of an axis, which is short. */
    axis: (value: number) => string;
    /** Smallest value at the top of the chart. */
    top: number;
    isNeeded?: (store: Store) => boolean;
}

export const PLOTS: readonly Plot[] = [
    {
        id: "messages",
        title: "Messages per second",
        format: count,
        top: 10,
        axis: short,
        lines: [
            { label: "→ to server", read: ({ messages: [n] }) => n, color: "--line-1" },
            { label: "← to client", read: ({ messages: [, n] }) => n, color: "--line-2", dash: [6, 3] },
        ],
    },
    {
        id: "bytes",
        title: "Bytes per second",
        format: bytes,
        top: 1000,
        axis: shortBytes,
        lines: [
            { label: "→ to server", read: ({ bytes: [n] }) => n, color: "--line-1" },
            { label: "← to client", read: ({ bytes: [, n] }) => n, color: "--line-2", dash: [6, 3] },
        ],
    },
    {
        id: "replies",
        title: "Time to reply",
        format: duration,
        top: 1,
        axis: shortDuration,
        lines: [
            { label: "median", read: ({ p50 }) => p50, color: "--line-1" },
            { label: "99th percentile", read: ({ p99 }) => p99, color: "--line-2", dash: [6, 3] },
        ],
    },
    {
        id: "waiting",
        title: "Waiting bytes",
        format: bytes,
        top: 1000,
        axis: shortBytes,
        lines: [{ label: "not sent yet", read: ({ waiting }) => waiting, color: "--line-1" }],
    },
    {
        id: "delay",
        title: "Delay of the event loop",
        format: duration,
        top: 10,
        axis: shortDuration,
        lines: [{ label: "longest", read: ({ delay }) => delay, color: "--line-1" }],
        isNeeded: ({ points }) => points.some(({ delay }) => delay !== null),
    },
];

function shortBytes(value: number): string {
    return value === 0 ? "0" : bytes(value);
}

function shortDuration(value: number): string {
    return value === 0 ? "0" : value < 1 ? `${value.toFixed(1)} ms` : duration(value);
}
