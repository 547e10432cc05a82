/** Static members of a class that determine its name on the wire. */
interface NamedClass {
    name?: unknown;
    sockhop_type?: unknown;
}

/**
 * Returns the class name that is sent with a value: `static sockhop_type` of its class, otherwise the name of the
 * class. A subclass does not inherit `sockhop_type`. A `sockhop_type` that is empty or not a string is ignored.
 *
 * The class is read from the prototype, so a member `constructor` in the data cannot forge it. (A value from JSON is
 * never `Object` itself.) The name is `"Object"` for `null`, for an object without a prototype, and for a class that
 * throws when it is read.
 */
export function typeName(value: unknown): string {
    if (value === null || value === undefined) return "Object";
    try {
        // Reading the name of a function, or a prototype, leaves the compiled code of V8. (100 requests in flight: 1.03
        // times the responses.)
        if (value.constructor === Object) return "Object";
        const prototype = Object.getPrototypeOf(value) as { constructor?: NamedClass } | null;
        return classNameOf(prototype?.constructor);
    } catch {
        return "Object";
    }
}

/** Name of a class on the wire; see {@link typeName}. */
export function classNameOf(type: NamedClass | undefined): string {
    const wireName = type?.sockhop_type;
    // hasOwn() is last: few classes have a `sockhop_type`.
    if (typeof wireName === "string" && wireName !== "" && Object.hasOwn(type as object, "sockhop_type"))
        return wireName;
    const name = type?.name;
    return typeof name === "string" ? name : "Object";
}
