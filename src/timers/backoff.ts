/** Delay between two attempts, in milliseconds. */
export interface Pauses {
    interval: number;
    /** Limit of the exponential backoff; 0 for a constant interval. */
    cap: number;
}

/**
 * Delay of the next attempt in milliseconds: with a cap, exponential backoff with full jitter.
 *
 * @param failures - number of failed attempts, from 1 on
 */
export function delayAfter(failures: number, { interval, cap }: Pauses): number {
    return cap > 0 ? Math.round(Math.random() * Math.min(cap, interval * 2 ** (failures - 1))) : interval;
}
