import { EventEmitter } from "node:events";

/**
 * EventEmitter of Node that creates its table of listeners with the first listener. Node creates a missing table, so a
 * class can have the methods of EventEmitter and skip its constructor. (A table needs 200 bytes, a seventh of an idle
 * connection.)
 */
export const LazyEmitter = function () {
    // The constructor of EventEmitter is not called.
} as unknown as typeof EventEmitter;

Object.setPrototypeOf(LazyEmitter, EventEmitter);
Object.setPrototypeOf(LazyEmitter.prototype, EventEmitter.prototype);
