/** Memory of more bytes is large. Most sizes are multiples of this, so that memory fits again. */
export const MAX_SMALL = 131_072;

/** Maximum size of memory that is used again. */
const MAX_SIZE = 16_777_216;

/** Number of memories that wait to be used again. */
const MAX_SPARE = 4;

/** Maximum size of used memory for few bytes, as a multiple of them: many slow connections could hold it. */
const MAX_EXCESS = 4;

/** Memory of earlier bytes, until the garbage collector needs it. All connections share it. */
const spare: WeakRef<Buffer>[] = [];

/** Memory that this module has allocated, by its ArrayBuffer. */
const ours = new WeakMap<ArrayBufferLike, Buffer>();

/**
 * Returns memory for at least this number of bytes, and at most four times as large if it is large. Large memory is used
 * again, because new memory costs more than the copy that fills it: the operating system must clear each page. (Text or a
 * Buffer of 1 MB: half of the sender's time.)
 */
export function allocateLarge(size: number): Buffer {
    if (size <= MAX_SMALL) return Buffer.allocUnsafeSlow(size);
    return take(size, MAX_EXCESS * size) ?? allocate(roundUp(size));
}

/**
 * Returns memory for bytes whose number grows, if it is large used memory of a size between `least` and `most`.
 *
 * @param size - size of new memory, or a little more
 */
export function allocateGrowing(least: number, size: number, most: number): Buffer {
    if (size <= MAX_SMALL) return Buffer.allocUnsafeSlow(size);
    return take(least, most) ?? allocate(Math.max(size, Math.min(roundUp(size), most)));
}

/** True for bytes in large memory of this module, which its last user must give back. */
export function isLarge({ buffer }: Buffer): boolean {
    return buffer.byteLength > MAX_SMALL && ours.has(buffer);
}

/** Takes back the memory of these bytes, to which nothing else refers. Does nothing if it is not large. */
export function giveBack({ buffer }: Buffer): void {
    const { byteLength } = buffer;
    const memory = byteLength > MAX_SMALL && byteLength <= MAX_SIZE ? ours.get(buffer) : undefined;
    if (!memory || spare.some((each) => each.deref() === memory)) return;
    if (spare.length === MAX_SPARE) spare.shift();
    spare.push(new WeakRef(memory));
}

function allocate(size: number): Buffer {
    const memory = Buffer.allocUnsafeSlow(size);
    ours.set(memory.buffer, memory);
    return memory;
}

/** Returns used memory of a size between these. */
function take(least: number, most: number): Buffer | undefined {
    for (let n = spare.length - 1; n >= 0; n--) {
        const memory = spare[n]?.deref();
        if (memory && (memory.length < least || memory.length > most)) continue;
        spare.splice(n, 1);
        if (memory) return memory;
    }
    return undefined;
}

function roundUp(size: number): number {
    return Math.ceil(size / MAX_SMALL) * MAX_SMALL;
}
