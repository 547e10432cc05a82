import { giveBackGrown } from "../../../runtime/largeMemory";

const owned = new WeakSet<Buffer>();

/** Minimum size of frames whose memory is worth using without a copy. */
const MIN_SIZE = 4096;

/** Remembers that the memory of a frame belongs to nothing else, so that binary values can be views of it. */
export function markOwnMemory(frame: Buffer): void {
    if (frame.length >= MIN_SIZE) owned.add(frame);
}

/** True if {@link markOwnMemory} was called for this frame. */
export function isOwnMemory(frame: Buffer): boolean {
    return frame.length >= MIN_SIZE && owned.has(frame);
}

/** Gives the memory of such a frame back, to which no value refers. */
export function giveBackFrame(frame: Buffer): void {
    owned.delete(frame);
    giveBackGrown(frame);
}
