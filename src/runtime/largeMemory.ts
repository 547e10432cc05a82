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

/**
 * Memory that writers have, by its ArrayBuffer. Memory of received bytes is not here: this entry would keep a received
 * Buffer of the program until the next full garbage collection. (Buffers of 1 MB: 1.4 times as long.)
 */
const lent = new WeakMap<ArrayBufferLike, Buffer>();

/**
 * Returns memory for at least this number of bytes, and at most four times as large if it is large. Large memory is used
 * again, because new memory costs more than the copy that fills it: the operating system must clear each page. (Text or a
 * Buffer of 1 MB: half of the sender's time.)
 */
export function allocateLarge(size: number): Buffer {
    if (size <= MAX_SMALL) return Buffer.allocUnsafeSlow(size);
    const memory = take(size, MAX_EXCESS * size) ?? Buffer.allocUnsafeSlow(roundUp(size));
    lent.set(memory.buffer, memory);
    return memory;
}

/** True for bytes in memory of {@link allocateLarge} that its last user must give back. */
export function isLarge({ buffer }: Buffer): boolean {
    return buffer.byteLength > MAX_SMALL && lent.has(buffer);
}

/** Takes back memory of {@link allocateLarge}, to which nothing else refers. Does nothing if these bytes are in other memory. */
export function giveBack({ buffer }: Buffer): void {
    const memory = buffer.byteLength > MAX_SMALL ? lent.get(buffer) : undefined;
    if (!memory) return;
    lent.delete(buffer);
    keep(memory);
}

/**
 * Returns memory for bytes whose number grows, if it is large used memory of a size between `least` and `most`.
 *
 * @param size - size of new memory, or a little more
 */
export function allocateGrowing(least: number, size: number, most: number): Buffer {
    if (size <= MAX_SMALL) return Buffer.allocUnsafeSlow(size);
    return take(least, most) ?? Buffer.allocUnsafeSlow(Math.max(size, Math.min(roundUp(size), most)));
}

/** Takes back memory of {@link allocateGrowing}, to which nothing else refers. Does nothing if it is not large. */
export function giveBackGrown({ buffer }: Buffer): void {
    if (buffer.byteLength > MAX_SMALL) keep(Buffer.from(buffer));
}

function keep(memory: Buffer): void {
    if (memory.length > MAX_SIZE) return;
    if (spare.length === MAX_SPARE) spare.shift();
    spare.push(new WeakRef(memory));
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
