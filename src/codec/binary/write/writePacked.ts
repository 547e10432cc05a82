import type { ByteWriter } from "./ByteWriter";
import * as $ from "../layout";

const NO_ITEMS: readonly unknown[] = [];

/**
 * Writes an array of numbers, if it has nothing else. Returns true if it was written.
 *
 * @param length - number of items
 */
export function writePacked(writer: ByteWriter, value: readonly unknown[], length: number): boolean {
    let min = 0;
    let max = 0;
    let areIntegers = true;
    // A copy: a Proxy could return something else the next time. slice() would call the constructor of a subclass.
    const numbers = NO_ITEMS.concat(value);
    if (numbers.length !== length) return false;
    for (let n = 0; n < length; n++) {
        const item = numbers[n];
        if (typeof item !== "number") return false;
        if ((item | 0) !== item || Object.is(item, -0)) areIntegers = false;
        else if (item < min) min = item;
        else if (item > max) max = item;
    }
    if (!areIntegers) return writeDoubles(writer, numbers as number[]);
    const size = min >= -0x80 && max < 0x80 ? 1 : min >= -0x8000 && max < 0x8000 ? 2 : 4;
    writer.kind($.INTEGERS);
    writer.bytes[writer.at++] = size;
    writer.varint(length);
    writer.reserve(size * length);
    const { view } = writer;
    let at = writer.at;
    for (let n = 0; n < length; n++, at += size) {
        const item = numbers[n] as number;
        if (size === 1) view.setInt8(at, item);
        else if (size === 2) view.setInt16(at, item, true);
        else view.setInt32(at, item, true);
    }
    writer.at = at;
    return true;
}

function writeDoubles(writer: ByteWriter, numbers: readonly number[]): true {
    writer.kind($.DOUBLES);
    writer.varint(numbers.length);
    writer.reserve(8 * numbers.length);
    const { view } = writer;
    let at = writer.at;
    for (let n = 0; n < numbers.length; n++, at += 8) view.setFloat64(at, numbers[n] as number, true);
    writer.at = at;
    return true;
}
