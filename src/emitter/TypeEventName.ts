/**
 * The name of the event for one type, such as `receive:Widget`. The last one is remembered: the next message is often
 * alike, and to look up a name that was just put together costs more than to send it.
 */
export class TypeEventName {
    #type: unknown;
    #name: string | undefined;

    /** @param event - `receive` or `request` */
    constructor(private readonly event: string) {}

    /** @param type - as the peer has sent it: it may be anything, but only strings have events */
    name(type: unknown): string | undefined {
        if (type !== this.#type) {
            this.#type = type;
            this.#name = typeof type === "string" ? `${this.event}:${type}` : undefined;
        }
        return this.#name;
    }
}
