import { throwLater } from "../../emitter/emitSafely";
import { setImmediate } from "../../runtime/clock";
import { SockhopError } from "../../SockhopError";
import type { Engine, EngineLink } from "./Engine";

/** Bytes of the largest message: that of Redis, so that tests meet the same limit. */
const LIMIT = 8 * 2 ** 20;

/** One connection to a {@link MemoryHub}. */
interface Subscriber {
    readonly topics: ReadonlySet<string>;
    readonly heard: (topic: string, text: string) => void;
}

/** Broker in memory. It delivers in a later turn of the event loop, as a socket does. */
class MemoryHub {
    readonly #subscribers = new Set<Subscriber>();
    #messages: { topic: string; text: string }[] = [];

    get isUsed(): boolean {
        return this.#subscribers.size > 0;
    }

    add(subscriber: Subscriber): void {
        this.#subscribers.add(subscriber);
    }

    delete(subscriber: Subscriber): void {
        this.#subscribers.delete(subscriber);
    }

    publish(topic: string, text: string): void {
        if (this.#messages.push({ topic, text }) === 1) setImmediate(() => this.#deliver());
    }

    #deliver(): void {
        const messages = this.#messages;
        this.#messages = [];
        for (const { topic, text } of messages) {
            for (const subscriber of [...this.#subscribers]) {
                if (!this.#subscribers.has(subscriber) || !subscriber.topics.has(topic)) continue;
                try {
                    subscriber.heard(topic, text);
                } catch (error) {
                    throwLater(error); // the others must still hear it
                }
            }
        }
    }
}

/** Hubs in use that have a name. */
const namedHubs = new Map<string, MemoryHub>();

/**
 * Returns an engine that joins servers of one process, for tests and development.
 *
 * @param name - name that the servers share; without it they share the engine that is returned
 * @example
 * ```js
 * const cluster = Sockhop.memory_engine();
 * const servers = [5000, 5001].map((port) => new Sockhop.server({ port, cluster }));
 * ```
 */
export function memory_engine(name?: string): Engine {
    const ownHub = new MemoryHub();
    return {
        name: "memory",
        connect(topics, heard): Promise<EngineLink> {
            const hub = name === undefined ? ownHub : hubOf(name);
            const subscriber = { topics: new Set(topics), heard };
            let isClosed = false;
            hub.add(subscriber);
            return Promise.resolve({
                limit: LIMIT,
                publish(topic, text): Promise<void> {
                    if (isClosed) return Promise.reject(closedError());
                    const bytes = Buffer.from(text);
                    if (bytes.length > LIMIT) return Promise.reject(tooLargeError());
                    hub.publish(topic, bytes.toString());
                    return Promise.resolve();
                },
                close(): Promise<void> {
                    isClosed = true;
                    hub.delete(subscriber);
                    if (name !== undefined && !hub.isUsed && namedHubs.get(name) === hub) namedHubs.delete(name);
                    return Promise.resolve();
                },
            });
        },
    };
}

function hubOf(name: string): MemoryHub {
    let hub = namedHubs.get(name);
    if (!hub) namedHubs.set(name, (hub = new MemoryHub()));
    return hub;
}

function closedError(): SockhopError {
    return new SockhopError("The connection to the engine is closed", "ERR_SOCKET_DESTROYED");
}

function tooLargeError(): SockhopError {
    return new SockhopError(`The message exceeds ${LIMIT} bytes`, "ERR_MESSAGE_TOO_LARGE");
}
