import type { SockhopError } from "../SockhopError";
import { markHandled } from "./promises";

/** Promise that is settled from outside. Its rejection needs no handler. */
export class Deferred {
    readonly promise: Promise<void>;
    resolve!: () => void;
    reject!: (error: SockhopError) => void;

    constructor() {
        this.promise = markHandled(
            new Promise((resolve, reject) => {
                this.resolve = resolve;
                this.reject = reject;
            }),
        );
    }
}
