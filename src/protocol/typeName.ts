/** What a class can have to state the name that its values travel under. */
interface Named {
    name?: unknown;
    sockhop_type?: unknown;
}

/**
 * The name that travels with a value: `static sockhop_type` of its class, otherwise the name of the class. A subclass states its
 * own. What is not a string, or empty, is ignored.
 *
 * The class is that of the prototype, so that a member called `constructor` in the data cannot forge it. (What comes from JSON is
 * never `Object` itself.) `null` and objects without a prototype are an `Object`, and what throws when it is read.
 */
export function typeName(value: unknown): string {
    if (value === null || value === undefined) return "Object";
    try {
        // To read the name of a function, or a prototype, is a call out of the compiled code. (100 requests in flight: 1.03
        // times the answers.)
        if (value.constructor === Object) return "Object";
        const prototype = Object.getPrototypeOf(value) as { constructor?: Named } | null;
        return nameOf(prototype?.constructor);
    } catch {
        return "Object";
    }
}

function nameOf(type: Named | undefined): string {
    const stated = type?.sockhop_type;
    // Few classes state a name: the others need not be asked whose it is.
    if (typeof stated === "string" && stated !== "" && Object.hasOwn(type as object, "sockhop_type")) return stated;
    const name = type?.name;
    return typeof name === "string" ? name : "Object";
}
