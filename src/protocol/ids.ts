/**
 * What looks like a UUID, as a regular expression. JSON escapes none of these characters, so that the text of such an id is
 * known. (Written out, since V8 takes twice as long when it has to count.)
 */
export const UUID_PATTERN = [8, 4, 4, 4, 12].map((digits) => String.raw`\w`.repeat(digits)).join("-");

const uuid = new RegExp(`^${UUID_PATTERN}$`);

/** Whether this id looks like a UUID. Peers may use others, and numbers. */
export function isUuid(id: unknown): id is string {
    return typeof id === "string" && uuid.test(id);
}

/**
 * A string of its own: what V8 slices off keeps all of the text alive that it is a part of. For ids that are kept until the
 * answer is given, which may take long.
 *
 * @param id - what is no string is given back as it is
 */
export function detach<T>(id: T): T {
    return typeof id === "string" ? (`"${id}`.slice(1) as T) : id; // what is put together is copied before it is sliced
}
