/**
 * Name of the event for one type, such as `receive:Widget`. Caches the last one: the next message often has the same
 * type, and finding the listeners of a newly joined name costs more than sending a message.
 */
export class TypeEventName {
    #type: unknown;
    #name: string | undefined;

    /** @param event - `receive` or `request` */
    constructor(private readonly event: string) {}

    /**
     * Returns the name of the event; `undefined` for a type that is not a string.
     *
     * @param type - type from the peer, which can be any value
     */
    name(type: unknown): string | undefined {
        if (type !== this.#type) {
            this.#type = type;
            this.#name = typeof type === "string" ? `${this.event}:${type}` : undefined;
        }
        return this.#name;
    }
}
