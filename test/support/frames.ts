import { ObjectBuffer } from "../../src";
import type { WireFormat } from "../../src/codec/Wire";

/** Returns frames of the codec "binary", one for each value. */
export function encodeFrames(values: readonly unknown[]): Buffer {
    const format = new ObjectBuffer({ codec: "binary" }).format as WireFormat;
    return Buffer.concat(values.map((value) => format.encodeShared(value)));
}
