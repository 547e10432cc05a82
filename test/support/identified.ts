import type { Identified } from "../../src/codec/Encoder";

/** Call or request with a known uuid. */
export function identified(uuid: string): Identified {
    return { uuid, id: uuid, assign: () => undefined };
}
