/** Size in bytes from which memory is worth using again. */
const MIN_SIZE = 131_072;

/** Maximum size of memory that is used again. */
const MAX_SIZE = 16_777_216;

/** Memory of an earlier large frame, until the garbage collector needs it. All connections share it. */
let spare: WeakRef<Buffer> | undefined;

/**
 * Allocates memory, or returns that of an earlier frame: new memory costs more than the copy that fills it, because the
 * operating system must clear each page. (A Buffer of 1 MB: 0.45 of the time.)
 */
export function allocate(size: number): Buffer {
    const memory = size > MIN_SIZE ? spare?.deref() : undefined;
    if (memory === undefined || memory.length < size) return Buffer.allocUnsafeSlow(size);
    spare = undefined;
    return memory;
}

/** Takes memory back that nothing refers to any more. */
export function giveBack(memory: Buffer): void {
    if (memory.length > MIN_SIZE && memory.length <= MAX_SIZE) spare = new WeakRef(memory);
}
