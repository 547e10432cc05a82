/**
 * A string of its own: what V8 slices off keeps all of the text alive that it is a part of. For ids that are kept until the
 * answer is given, which may take long.
 *
 * @param id - what is no string is given back as it is
 */
export function detach<T>(id: T): T {
    return typeof id === "string" ? (`"${id}`.slice(1) as T) : id; // what is put together is copied before it is sliced
}
