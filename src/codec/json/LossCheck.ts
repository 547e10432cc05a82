import { types } from "node:util";
import { warn } from "../../diagnostics/warning";

/** Number of values whose members are checked too. A mistake shows early, and later values cost nothing. */
const CHECKED_VALUES = 1000;

/** Limits of the search in one value: levels, and members of all levels. */
const MAX_DEPTH = 5;
const MAX_MEMBERS = 1000;

/** Length of a text that is not searched for `{}` before the value: V8 would join its parts, which costs more. */
const LONG_TEXT = 16_384;

const BYTES = `send its bytes as base64: Buffer.from(buffer).toString("base64")`;
const ITERATOR = "the items of an iterator: send [...iterator]";

/** Classes of JavaScript that JSON writes as `{}`, by the name that `Object.prototype.toString` gives them. */
const LOSSES: ReadonlyMap<string, string> = new Map([
    ["Map", "the entries of a Map: send Object.fromEntries(map) or [...map]"],
    ["Set", "the items of a Set: send [...set]"],
    ["Error", "the message of an Error: send { message: error.message }"],
    ["DOMException", "the message of an Error: send { message: error.message }"],
    ["RegExp", "a RegExp: send regexp.source"],
    ["Promise", "a Promise: is await missing?"],
    ["ArrayBuffer", `an ArrayBuffer: ${BYTES}`],
    ["SharedArrayBuffer", `a SharedArrayBuffer: ${BYTES}`],
    ["DataView", `a DataView: ${BYTES.replace("from(buffer)", "from(view.buffer, view.byteOffset, view.byteLength)")}`],
    ["Blob", "the bytes of a Blob: send await blob.text()"],
    ["File", "the bytes of a File: send await file.text()"],
    ["URLSearchParams", "URLSearchParams: send String(params)"],
    ["Headers", "the entries of Headers: send Object.fromEntries(headers)"],
    ["FormData", "the entries of FormData: send Object.fromEntries(data)"],
    ["WeakMap", "a WeakMap"],
    ["WeakSet", "a WeakSet"],
    ["WeakRef", "a WeakRef: send ref.deref()"],
    ["Generator", ITERATOR],
    ["AsyncGenerator", "the items of an asynchronous iterator"],
    ["Map Iterator", ITERATOR],
    ["Set Iterator", ITERATOR],
    ["Array Iterator", ITERATOR],
    ["Iterator Helper", ITERATOR],
]);

/**
 * Finds values whose contents JSON drops without an error. Emits one process warning per class, because such values are
 * sent in 1.x too.
 */
export class LossCheck {
    /** Number of values whose members will be checked. */
    remaining: number;
    readonly #warned = new Set<string>();
    /** Number of members that the search may still visit. */
    #budget = 0;

    readonly #codec: string;

    /** @param codec - what does not contain the values, for the warning */
    constructor(remaining = CHECKED_VALUES, codec = "JSON") {
        this.remaining = remaining;
        this.#codec = codec;
    }

    /** Checks one object, and no member of it. Never throws. */
    checkObject(value: object): void {
        try {
            if (!hasToJson(value)) this.#warn(value);
        } catch {
            // A getter or a Proxy of the program has thrown.
        }
    }

    /**
     * Checks a value that was converted to JSON. Never throws.
     *
     * @param json - text of the value
     */
    check(value: unknown, json: string): void {
        if (this.remaining > 0) this.remaining -= 1;
        this.#budget = MAX_MEMBERS;
        try {
            if (json === "{}" || types.isNativeError(value)) this.#check(value, MAX_DEPTH);
            else if (this.remaining > 0 && (json.length > LONG_TEXT || json.includes("{}"))) this.#check(value, 0);
        } catch {
            // A getter or a Proxy of the program has thrown. The value was converted all the same.
        }
    }

    #check(value: unknown, depth: number): void {
        if (typeof value !== "object" || value === null || hasToJson(value)) return;
        this.#warn(value);
        if (depth === MAX_DEPTH) return;
        for (const name in value) {
            if (--this.#budget < 0) return;
            // Not by reading the member: a getter would run twice.
            this.#check(Object.getOwnPropertyDescriptor(value, name)?.value, depth + 1);
        }
    }

    #warn(value: object): void {
        const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
        const loss = LOSSES.get(name);
        if (loss === undefined || this.#warned.has(name) || (value as { size?: unknown }).size === 0) return;
        this.#warned.add(name);
        warn(`${this.#codec} does not contain ${loss}`);
    }
}

/** True for a value that decides itself what JSON contains. */
function hasToJson(value: object): boolean {
    return typeof (value as { toJSON?: unknown }).toJSON === "function";
}
