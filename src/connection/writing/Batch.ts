import type { Socket } from "node:net";
import type { SockhopError } from "../../SockhopError";
import { markHandled } from "../../timers/promises";
import type { WriteObserver } from "./WriteObserver";

/** Frames of one tick that are written together, and the promise that they share. */
export class Batch implements WriteObserver {
    readonly promise: Promise<undefined>;
    #resolve!: (value: undefined) => void;
    #reject!: (error: Error) => void;

    constructor() {
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
    }

    settle(_socket: Socket, error: SockhopError | undefined): void {
        if (!error) {
            this.#resolve(undefined);
            return;
        }
        void markHandled(this.promise);
        this.#reject(error);
    }
}
