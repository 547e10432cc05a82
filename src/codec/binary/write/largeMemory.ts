/** Size in bytes from which memory is worth using again. Larger sizes are multiples of it, so that they are often equal. */
const MIN_SIZE = 131_072;

/** Maximum size of memory that is used again. */
const MAX_SIZE = 16_777_216;

/** Memory of an earlier large frame, until the garbage collector needs it. All connections share it. */
let spare: WeakRef<Buffer> | undefined;

/**
 * Allocates at least this number of bytes, or returns memory of an earlier frame: new memory costs more than the copy that
 * fills it, because the operating system must clear each page. (A Buffer of 1 MB: about half of the time.)
 */
export function allocate(size: number): Buffer {
    if (size < MIN_SIZE) return Buffer.allocUnsafeSlow(size);
    const memory = spare?.deref();
    if (memory === undefined || memory.length < size) {
        return Buffer.allocUnsafeSlow(Math.ceil(size / MIN_SIZE) * MIN_SIZE);
    }
    spare = undefined;
    return memory;
}

/** Takes memory back that nothing refers to any more. */
export function giveBack(memory: Buffer): void {
    if (memory.length >= MIN_SIZE && memory.length <= MAX_SIZE) spare = new WeakRef(memory);
}
