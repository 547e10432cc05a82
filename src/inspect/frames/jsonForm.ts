import { types } from "node:util";
import { typeName } from "../../protocol/typeName";
import { MAX_DEPTH, TOO_DEEP } from "./jsonDepth";

/** Bytes of a Buffer or another binary value that are printed. */
const MAX_BYTES = 2 ** 16;

/** Characters of a converted value, about. The parts behind them are replaced. */
const MAX_SIZE = 2 ** 25;

/** Characters of the path in a reference. */
const MAX_PATH = 200;

/** Replaces the parts of a value behind {@link MAX_SIZE}. */
const TOO_LARGE = "[too large to be printed]";

/**
 * Converts a value of the codec `"binary"` to one that JSON can express: values that JSON does not have become objects
 * such as `{ $date: "…" }` (`docs/command-line.md`). Returns other values unchanged. Takes linear time, also for cycles.
 */
export function jsonForm(value: unknown): unknown {
    return isJson(value, MAX_DEPTH, new Set()) ? value : new JsonForm().of(value);
}

/** True for a value that JSON can express, without an object that occurs twice. */
function isJson(value: unknown, levels: number, seen: Set<object>): boolean {
    if (typeof value === "number") return Number.isFinite(value);
    if (typeof value !== "object") return typeof value === "string" || typeof value === "boolean";
    if (value === null) return true;
    if (levels === 0 || seen.has(value)) return false;
    seen.add(value);
    if (Array.isArray(value)) {
        for (const item of value) if (!isJson(item, levels - 1, seen)) return false;
        return true;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    for (const key in value) if (!isJson((value as Record<string, unknown>)[key], levels - 1, seen)) return false;
    return true;
}

/**
 * Converts the beginning of a value to JSON of about `size` characters at most.
 *
 * @returns the value, and true if parts of it are missing
 */
export function jsonStart(value: unknown, size: number): { value: unknown; isCut: boolean } {
    const form = new JsonForm(size, size);
    return { value: value === undefined ? undefined : form.of(value), isCut: form.isCut };
}

/** Converts one value. */
class JsonForm {
    /** Paths of the objects that were converted. */
    readonly #paths = new Map<object, string>();
    /** Characters that may follow. */
    #remaining: number;
    readonly #maxText: number;
    readonly #maxBytes: number;
    /** True if parts of the value are missing. */
    isCut = false;

    /** @param maxText - characters of a string */
    constructor(size = MAX_SIZE, maxText = Infinity) {
        this.#remaining = size;
        this.#maxText = maxText;
        this.#maxBytes = Math.min(MAX_BYTES, maxText);
    }

    /** @param path - location in the result, as JSONPath (RFC 9535) without quotes */
    of(value: unknown, path = "$", levels = MAX_DEPTH): unknown {
        this.#remaining -= 16;
        switch (typeof value) {
            case "string":
                return this.#text(value);
            case "number":
                return Number.isFinite(value) ? value : { $number: String(value) };
            case "undefined":
                return { $undefined: true };
            case "bigint":
                return { $bigint: this.of(String(value)) };
            case "object":
                return value === null ? null : this.#object(value, path, levels);
            default:
                return value;
        }
    }

    #text(text: string): string {
        const length = Math.min(text.length, this.#maxText === Infinity ? Infinity : Math.max(0, this.#remaining));
        this.#remaining -= length;
        if (length === text.length) return text;
        this.isCut = true;
        return `${text.slice(0, length).replace(/[\ud800-\udbff]$/, "")}…`;
    }

    #object(object: object, path: string, levels: number): unknown {
        const first = this.#paths.get(object);
        if (first !== undefined) {
            const $ref = first.length <= MAX_PATH ? first : `${first.slice(0, MAX_PATH - 1)}…`;
            this.#remaining -= $ref.length;
            return { $ref };
        }
        if (levels === 0) {
            this.isCut = true;
            return TOO_DEEP;
        }
        this.#paths.set(object, path);
        if (Array.isArray(object)) return this.#items(object, path, levels);
        if (types.isMap(object)) return { $map: this.#items([...object], `${path}.$map`, levels) };
        if (types.isSet(object)) return { $set: this.#items([...object], `${path}.$set`, levels) };
        if (types.isNativeError(object))
            return { $error: this.#members(errorMembers(object), `${path}.$error`, levels) };
        return this.#leaf(object) ?? this.#members(Object.entries(object), path, levels);
    }

    /** Converts an object without members. */
    #leaf(object: object): unknown {
        if (types.isDate(object)) return { $date: object.toJSON() };
        if (types.isRegExp(object)) return { $regexp: this.of(String(object)) };
        if (object instanceof URL) return { $url: this.of(object.href) };
        if (ArrayBuffer.isView(object)) return this.#bytes(object, object.buffer, object.byteOffset, object.byteLength);
        if (types.isAnyArrayBuffer(object)) return this.#bytes(object, object, 0, object.byteLength);
        return temporalText(object) && { $temporal: temporalText(object) };
    }

    #bytes(object: object, buffer: ArrayBufferLike, offset: number, size: number): object {
        const bytes = Buffer.from(buffer, offset, Math.min(size, this.#maxBytes)).toString("base64");
        const type = typeName(object);
        return {
            $bytes: this.of(bytes),
            ...(type !== "Buffer" && { type }),
            ...(size > this.#maxBytes && { size }),
        };
    }

    #items(items: readonly unknown[], path: string, levels: number): unknown[] {
        const converted: unknown[] = [];
        for (const item of items) {
            const isCut = this.#remaining < 0;
            const itemPath = typeof item === "object" ? `${path}[${converted.length}]` : ""; // others need none
            converted.push(isCut ? TOO_LARGE : this.of(item, itemPath, levels - 1));
            if (!isCut) continue;
            this.isCut = true;
            break;
        }
        return converted;
    }

    #members(members: readonly [string, unknown][], path: string, levels: number): object {
        const converted: [string, unknown][] = [];
        for (const [key, member] of members) {
            const isCut = this.#remaining < 0;
            const name = this.#text(key);
            converted.push([name, isCut ? TOO_LARGE : this.of(member, `${path}.${name}`, levels - 1)]);
            if (!isCut) continue;
            this.isCut = true;
            break;
        }
        return Object.fromEntries(converted); // unlike an assignment, it makes `__proto__` a member
    }
}

/** Members of an error that are printed: also those that are not enumerable. */
export function errorMembers(error: Error): [string, unknown][] {
    const { name, message } = error;
    const members = Object.entries(error).filter(([key]) => key !== "name" && key !== "message");
    for (const key of ["cause", "errors"] as const) {
        const property = Object.getOwnPropertyDescriptor(error, key);
        if (property?.enumerable === false) members.push([key, property.value]);
    }
    return [["name", name], ["message", message], ...members];
}

/** Text of an object of Temporal, which newer versions of Node.js have. */
export function temporalText(object: object): string | undefined {
    return Object.prototype.toString.call(object).startsWith("[object Temporal.")
        ? (object as { toString(): string }).toString()
        : undefined;
}
