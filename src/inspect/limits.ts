import { MAX_VALUE } from "./hub/messageText";
import type { Limits } from "./protocol";

/** Limits of a hub. */
export const LIMITS: Limits = {
    connections: 1000,
    closed: 100,
    messages: 2000,
    characters: 8 * 2 ** 20,
    value: MAX_VALUE,
    problems: 200,
    seconds: 900,
    rate: 800,
};
