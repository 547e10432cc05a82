import { EventEmitter } from "node:events";

/**
 * Node's EventEmitter, but without a table of listeners until somebody listens: Node makes one where it finds none, so that a
 * class can have its methods and leave out its constructor. (It takes 200 bytes, a seventh of what an idle connection costs.)
 */
export const LazyEmitter = function () {
    // No constructor of EventEmitter.
} as unknown as typeof EventEmitter;

Object.setPrototypeOf(LazyEmitter, EventEmitter);
Object.setPrototypeOf(LazyEmitter.prototype, EventEmitter.prototype);
