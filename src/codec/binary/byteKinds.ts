/** Class of binary values that can start anywhere in memory, or at multiples of its element size. */
interface ByteClass {
    readonly name: string;
    readonly elementSize: number;
    /** Makes a value of a part of memory, without copying it. */
    view(buffer: ArrayBuffer, offset: number, size: number): object;
}

/** Constructor of a typed array. */
type TypedArrayClass = new (buffer: ArrayBuffer, offset: number, length: number) => object;

function typedArray(name: string, elementSize: number): ByteClass {
    return {
        name,
        elementSize,
        view(buffer, offset, size) {
            // Float16Array is missing in older versions of Node.js: its bytes are still received.
            const type = (globalThis as unknown as Record<string, TypedArrayClass | undefined>)[name] ?? Uint16Array;
            return new type(buffer, offset, size / elementSize);
        },
    };
}

/** Classes of binary values. The index is their number on the wire. */
export const BYTE_KINDS: readonly ByteClass[] = [
    { name: "Buffer", elementSize: 1, view: (buffer, offset, size) => Buffer.from(buffer, offset, size) },
    {
        name: "ArrayBuffer",
        elementSize: 1,
        view: (buffer, offset, size) => (size === buffer.byteLength ? buffer : buffer.slice(offset, offset + size)),
    },
    { name: "DataView", elementSize: 1, view: (buffer, offset, size) => new DataView(buffer, offset, size) },
    typedArray("Int8Array", 1),
    typedArray("Uint8Array", 1),
    typedArray("Uint8ClampedArray", 1),
    typedArray("Int16Array", 2),
    typedArray("Uint16Array", 2),
    typedArray("Int32Array", 4),
    typedArray("Uint32Array", 4),
    typedArray("Float16Array", 2),
    typedArray("Float32Array", 4),
    typedArray("Float64Array", 8),
    typedArray("BigInt64Array", 8),
    typedArray("BigUint64Array", 8),
];

const numbers: ReadonlyMap<string, number> = new Map(BYTE_KINDS.map(({ name }, index) => [name, index]));

/** Number on the wire of a class. */
export function byteKindOf(name: string): number | undefined {
    return numbers.get(name);
}
