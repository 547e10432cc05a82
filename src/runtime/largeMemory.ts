/** Sizes are multiples of this, so that memory fits again. Smaller memory is not large. */
const UNIT = 131_072;

/** Maximum size of memory that is used again. */
const MAX_SIZE = 16_777_216;

/** Memory of earlier bytes, until the garbage collector needs it. All connections share it. */
let spare: WeakRef<Buffer> | undefined;

/** Memory that {@link allocateLarge} has returned, by its ArrayBuffer. */
const ours = new WeakMap<ArrayBufferLike, Buffer>();

/**
 * Returns memory for at least this number of bytes. Large memory is used again, because new memory costs more than the
 * copy that fills it: the operating system must clear each page. (Text or a Buffer of 1 MB: half of the sender's time.)
 */
export function allocateLarge(size: number): Buffer {
    if (size <= UNIT) return Buffer.allocUnsafeSlow(size);
    const used = spare?.deref();
    if (used && used.length >= size) {
        spare = undefined;
        return used;
    }
    const memory = Buffer.allocUnsafeSlow(Math.ceil(size / UNIT) * UNIT);
    ours.set(memory.buffer, memory);
    return memory;
}

/** True for bytes in large memory of {@link allocateLarge}. Whoever uses them last gives it back. */
export function isLarge({ buffer }: Buffer): boolean {
    return buffer.byteLength > UNIT && ours.has(buffer);
}

/** Takes back the memory of these bytes, to which nothing else refers. Does nothing if it is not large. */
export function giveBack({ buffer }: Buffer): void {
    if (buffer.byteLength > MAX_SIZE) return;
    const memory = buffer.byteLength > UNIT ? ours.get(buffer) : undefined;
    if (memory && memory.length >= (spare?.deref()?.length ?? 0)) spare = new WeakRef(memory);
}
