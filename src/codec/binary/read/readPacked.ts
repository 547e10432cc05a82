import { badFrame } from "./BadFrame";
import type { ByteReader } from "./ByteReader";

/** Reads an array of packed integers, behind its first byte. */
export function readIntegers(reader: ByteReader): number[] {
    const size = reader.bytes[reader.at++] as number;
    if (size !== 1 && size !== 2 && size !== 4) throw badFrame("integers in it have a size of their own");
    const count = reader.count(size);
    const items: number[] = [];
    const { bytes } = reader;
    for (let n = 0, at = reader.at; n < count; n++, at += size) {
        if (size === 1) items.push(((bytes[at] as number) << 24) >> 24);
        else if (size === 2) items.push((((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 24)) >> 16);
        else items.push(bytes.readInt32LE(at));
    }
    reader.at += size * count;
    return items;
}

/** Reads an array of packed doubles, behind its first byte. */
export function readDoubles(reader: ByteReader): number[] {
    const count = reader.count(8);
    const items: number[] = [];
    const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset + reader.at, 8 * count);
    for (let n = 0; n < count; n++) items.push(view.getFloat64(8 * n, true));
    reader.at += 8 * count;
    return items;
}
