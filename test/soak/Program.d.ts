import type { EventEmitter } from "node:events";

/** A process of the soak test, as seen from the driver. */
declare class Program extends EventEmitter {
    constructor(name: string, file: string, config: object, options?: { mortal?: boolean });
    start(): Promise<void>;
    kill(): Promise<void>;
    stop(): Promise<void>;
    signal(signal: NodeJS.Signals): void;
    order(order: string, ...args: unknown[]): Promise<unknown>;
}

export = Program;
