import { types } from "node:util";
import { isPlain } from "../diagnostics/unknownOptions";
import { RESERVED_TYPES, isTooLong } from "../protocol/Envelope";
import { classNameOf, typeName } from "../protocol/typeName";
import { messageOf } from "../runtime/thrownValues";
import type { Class } from "../Protocol";
import { SockhopError, causedBy } from "../SockhopError";
import { withoutStack } from "./errors";

export type { Class, Classes } from "../Protocol";

type Method = (data: unknown) => unknown;

/** Names of the static method that makes an instance from data. */
const FROM_JSON = ["fromJSON", "from_json"] as const;

/**
 * Types of values that any peer sends without a class of the program. A class with such a name would also receive
 * those: `"Object"` is the type of every plain object, and `"Map"` the type of every Map.
 */
const BUILT_INS: ReadonlySet<string> = new Set([
    ...["Object", "Function", "Array", "String", "Number", "Boolean", "BigInt", "Symbol", "Promise", "Proxy"],
    ...["Date", "RegExp", "URL", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Buffer", "ArrayBuffer"],
    ...["SharedArrayBuffer", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array"],
    ...["Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array"],
    ...["Float32Array", "Float64Array", "Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError"],
    ...["TypeError", "URIError", "AggregateError", "DOMException"],
]);

/** Built-in classes whose methods need more than members: an object with only their prototype is of no use. */
const OPAQUE = [Map, Set, Date, RegExp, Promise, WeakMap, WeakSet, ArrayBuffer, DataView, String, Number, Boolean]
    .map(({ prototype }) => prototype as object)
    .concat(SharedArrayBuffer.prototype, WeakRef.prototype, Object.getPrototypeOf(Uint8Array.prototype) as object);

/** Built-in classes that are no classes of a program under any name. */
const PLAIN: readonly object[] = [Object.prototype, Array.prototype, Error.prototype, Function.prototype];

/** Prototypes of objects that can become instances. */
const BARE: readonly object[] = [Object, Array, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError]
    .map(({ prototype }) => prototype as object)
    .concat(URIError.prototype, AggregateError.prototype);

/** Class of the option `classes`, with its name on the wire. */
export class RegisteredClass {
    readonly prototype: object;
    /** True for a subclass of Array. */
    readonly isArray: boolean;
    readonly #fromJson: Method | undefined;

    constructor(
        readonly name: string,
        readonly type: Class,
        prototype: object,
    ) {
        this.prototype = prototype;
        this.isArray = isBasedOn(prototype, Array.prototype);
        this.#fromJson = fromJsonOf(type);
    }

    /** True if the class has `static fromJSON()`, which makes its instances from any data. */
    get hasFromJson(): boolean {
        return this.#fromJson !== undefined;
    }

    /**
     * Makes an instance from decoded data, whose members were revived before.
     *
     * Without `fromJSON` the data itself becomes the instance: it keeps its members, and no setter or constructor is
     * called. Data that is not a plain object, an array or an error stays as it is, and so does an instance, an array
     * although the class is no subclass of Array, and the reverse.
     *
     * @param data - made by the decoder: never what `fromJSON` has returned, which can be an object of the program
     * @throws Error if `fromJSON` fails. Its message is a reason for {@link InvalidMessage.fault}, its `cause` what
     * `fromJSON` has thrown.
     */
    revive(data: unknown): unknown {
        if (isInstance(data, this.prototype)) return data; // a codec of the program has made it
        if (this.#fromJson) return this.#callFromJson(this.#fromJson, data);
        if (!isBare(data) || Array.isArray(data) !== this.isArray) return data;
        return Object.setPrototypeOf(data, this.prototype);
    }

    #callFromJson(fromJson: Method, data: unknown): unknown {
        let value: unknown;
        try {
            value = Reflect.apply(fromJson, this.type, [data]);
        } catch (cause) {
            throw this.#failed(messageOf(cause), cause);
        }
        if (value === undefined) throw this.#failed("it returned nothing");
        if (!types.isPromise(value)) return value;
        value.catch(() => undefined); // the error of the frame is reported, not this one
        throw this.#failed("it returned a Promise");
    }

    #failed(reason: string, cause?: unknown): Error {
        const text = `fromJSON() of the class ${this.name} failed: ${reason}`;
        return withoutStack(() => new Error(text, causedBy(cause)));
    }
}

/** Classes of the option `classes`. Names are looked up in a Map, never on an object. */
export class ClassRegistry {
    readonly #byName = new Map<string, RegisteredClass>();
    readonly #byPrototype = new Map<unknown, RegisteredClass>();

    /** @param classes - see {@link classRegistry}, which validates them */
    constructor(classes: Iterable<RegisteredClass>) {
        for (const registered of classes) {
            this.#byName.set(registered.name, registered);
            // A class with several names is sent by the first one.
            if (!this.#byPrototype.has(registered.prototype)) this.#byPrototype.set(registered.prototype, registered);
        }
    }

    /** Class with a name on the wire. */
    get(name: string): RegisteredClass | undefined {
        return this.#byName.get(name);
    }

    /**
     * Class of a value of the program; `undefined` if it is not registered, as a subclass of a registered one.
     *
     * Looks at the prototype, so members `constructor` have no influence, and nothing of the program is called, except
     * by a Proxy.
     */
    of(value: object): RegisteredClass | undefined {
        return this.#byPrototype.get(Object.getPrototypeOf(value));
    }

    /** Type of a value of the program on the wire: the name of its class here, otherwise its {@link typeName}. */
    typeOf(value: unknown): string {
        if (typeof value !== "object" || value === null) return typeName(value);
        try {
            return this.of(value)?.name ?? typeName(value);
        } catch {
            return "Object"; // a Proxy has thrown
        }
    }

    /**
     * Makes an instance from data of a type. Returns data of a type that is not registered unchanged.
     *
     * @throws Error as {@link RegisteredClass.revive}
     */
    revive(type: unknown, data: unknown): unknown {
        const registered = typeof type === "string" ? this.#byName.get(type) : undefined;
        return registered ? registered.revive(data) : data;
    }
}

/**
 * Validates the option `classes`.
 *
 * @returns `undefined` if there are no classes
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function classRegistry(classes: unknown): ClassRegistry | undefined {
    if (classes === undefined || classes === null) return undefined;
    const registered = new Map<string, RegisteredClass>();
    for (const [name, type] of entriesOf(classes)) {
        const earlier = registered.get(name);
        if (earlier && earlier.type !== type) throw badClass(`two classes have the name ${name}`);
        if (!earlier) registered.set(name, register(name, type));
    }
    return registered.size === 0 ? undefined : new ClassRegistry(registered.values());
}

/** Names and classes, not validated. */
function entriesOf(classes: unknown): [name: string, type: unknown][] {
    if (Array.isArray(classes)) return Array.from(classes, (type, index) => [ownName(type, index), type]); // holes too
    if (typeof classes === "object" && classes && isPlain(classes)) return read(() => Object.entries(classes), "it");
    throw badClass("it must be an array of classes, or an object of names and classes");
}

/** Name of a class in an array. */
function ownName(type: unknown, index: number): string {
    if (typeof type !== "function") throw badClass(`item ${index} is not a class`);
    const name = read(() => classNameOf(type), `item ${index}`);
    if (name === "") throw badClass(`item ${index} has no name: pass an object, such as { Widget: Widget }`);
    return name;
}

/** Validates a class and its name. */
function register(name: string, type: unknown): RegisteredClass {
    if (name === "") throw badClass("a name is empty");
    if (isTooLong(name)) throw badClass("a name has more than 1024 characters");
    if (RESERVED_TYPES.has(name)) throw badClass(`sockhop reserves the name ${name}`);
    if (BUILT_INS.has(name)) throw badClass(`${name} is the type of built-in values: choose another name`);
    if (typeof type !== "function") throw badClass(`${name} is not a class`);
    const prototype: unknown = read(() => (type as Class).prototype, name);
    if (typeof prototype !== "object" || prototype === null) throw badClass(`${name} is a function, not a class`);
    if (PLAIN.includes(prototype)) throw badClass(`${name} is a built-in class`);
    const registered = read(() => new RegisteredClass(name, type as Class, prototype), name);
    if (!registered.hasFromJson && OPAQUE.some((base) => prototype === base || isBasedOn(prototype, base))) {
        throw badClass(`${name} extends a built-in class, so it needs static fromJSON(data)`);
    }
    return registered;
}

/** Static method of a class, its own or of a class that it extends. */
function fromJsonOf(type: Class): Method | undefined {
    for (const name of FROM_JSON) {
        let owner: object | null = type;
        while (owner && owner !== Function.prototype && owner !== Object.prototype) {
            if (Object.hasOwn(owner, name)) {
                const method: unknown = Reflect.get(owner, name, type);
                if (typeof method === "function") return method as Method;
            }
            owner = Object.getPrototypeOf(owner) as object | null;
        }
    }
    return undefined;
}

function isInstance(data: unknown, prototype: object): boolean {
    return typeof data === "object" && data !== null && Object.getPrototypeOf(data) === prototype;
}

/** True for an object that is no instance of a class of the program: plain, an array or a built-in error. */
function isBare(data: unknown): data is object {
    return BARE.some((prototype) => isInstance(data, prototype));
}

function isBasedOn(prototype: object, base: object): boolean {
    return Object.prototype.isPrototypeOf.call(base, prototype);
}

/** Reads a member of a class, which can throw. */
function read<T>(member: () => T, name: string): T {
    try {
        return member();
    } catch (cause) {
        throw badClass(`${name} cannot be read`, cause);
    }
}

function badClass(reason: string, cause?: unknown): SockhopError {
    return new SockhopError(`The option classes is not valid: ${reason}`, "ERR_BAD_OPTION", causedBy(cause));
}
