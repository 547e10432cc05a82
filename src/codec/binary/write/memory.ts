import { MAX_SMALL } from "../../../runtime/largeMemory";
import { FrameBuffer } from "./FrameBuffer";
import type { FormatSettings } from "../settings";

/** Size of the memory that all connections share: one at a time. It is not large, so it is not given away. */
const SHARED = MAX_SMALL;

/** Initial size of the memory of a connection that finds the shared one in use. */
const SMALL = 1024;

/** Maximum number of small buffers that are kept, and the maximum size of each. */
const MAX_SPARE = 32;
const MAX_SPARE_SIZE = 8192;

/**
 * Number of times that the shared memory may be found in use. A connection that was destroyed does not give it back, so
 * it is replaced then.
 */
const MAX_MISSES = 1000;

let shared = new FrameBuffer(SHARED);
let isSharedFree = true;
let misses = 0;
const spare: FrameBuffer[] = [];

/** Returns a buffer for the frames of one tick. Most of the time one connection sends, and gets the shared one. */
export function acquire(settings: FormatSettings): FrameBuffer {
    let buffer: FrameBuffer;
    if (isSharedFree) {
        isSharedFree = false;
        misses = 0;
        buffer = shared;
    } else if (++misses < MAX_MISSES) {
        buffer = spare.pop() ?? new FrameBuffer(SMALL);
    } else {
        misses = 0;
        buffer = shared = new FrameBuffer(SHARED);
    }
    buffer.settings = settings;
    return buffer;
}

/**
 * Takes a buffer back.
 *
 * @param isFree - false if its memory is still in use, as by a socket
 */
export function discard(buffer: FrameBuffer, isFree: boolean): void {
    if (buffer === shared) {
        buffer.reset(isFree);
        isSharedFree = true;
    } else if (buffer.memory === SMALL && spare.length < MAX_SPARE) {
        buffer.reset(isFree, MAX_SPARE_SIZE);
        spare.push(buffer);
    }
}
