import { memberOf, printable } from "../../runtime/thrownValues";
import type { SockhopError } from "../../SockhopError";
import { GraceTimeout } from "../../timers/GraceTimeout";
import { markHandled, withTimeout } from "../../timers/promises";
import type { Engine, EngineLink } from "./Engine";
import { degradedError } from "./engineErrors";

/**
 * Longest time in milliseconds from the start of an attempt to the first sign that the connection works. Engines have
 * shorter timeouts of their own, whose errors say more.
 */
const ATTEMPT_TIMEOUT_MS = 10_000;

/** Longest wait in milliseconds for the last messages, and again for the engine to close. */
const CLOSE_TIMEOUT_MS = 1000;

/** Number of heartbeats during which the engine may take none of several messages, and not one of them. */
const MAX_IDLE_BEATS = 3;
const MAX_PENDING_BEATS = 60;

/** Callbacks of a {@link ClusterLink}, called at most until its end. */
export interface LinkOwner {
    /** Messages can be published. */
    opened(link: ClusterLink): void;
    heard(link: ClusterLink, topic: unknown, text: unknown): void;
    /** Called once, unless the owner ends the link. */
    lost(link: ClusterLink, error: SockhopError): void;
}

/** Message that the engine has not taken. */
interface Publication {
    readonly bytes: number;
    readonly beat: number;
    readonly reject: (error: SockhopError) => void;
}

/**
 * One connection to an engine, from the attempt to its end. It trusts no engine: a method may throw, settle twice or
 * never, and call back at any time. Each promise of this class settles, and none is an unhandled rejection.
 */
export class ClusterLink {
    readonly #owner: LinkOwner;
    readonly #name: string;
    #engineLink: EngineLink | undefined;
    /** Error that has ended this link. */
    #error: SockhopError | undefined;
    readonly #timeout: GraceTimeout;
    /** In the order of publication. */
    readonly #publications = new Set<Publication>();
    #beats = 0;
    /** Beat in which the engine has last taken a message, or had none to take. */
    #lastTaken = 0;
    /** Settles when the engine has closed. */
    #closed: Promise<unknown> = Promise.resolve();
    /** Settles the wait of {@link close} for the last messages. */
    #onIdle: (() => void) | undefined;
    /** Bytes that the engine has not taken. */
    buffered = 0;
    /** Bytes of the largest message. */
    limit = 0;

    constructor(engine: Engine, topics: readonly string[], owner: LinkOwner) {
        this.#owner = owner;
        const name = memberOf(engine, "name");
        this.#name = typeof name === "string" ? printable(name).slice(0, 40) : "engine";
        this.#timeout = new GraceTimeout(ATTEMPT_TIMEOUT_MS, () => {
            this.#lose(this.error(`did not respond within ${ATTEMPT_TIMEOUT_MS} ms`));
        }).unref();
        void this.#open(engine, topics);
    }

    /** Number of messages that the engine has not taken. */
    get pending(): number {
        return this.#publications.size;
    }

    /** Error of this link, which names the engine. */
    error(what: string, thrown?: unknown): SockhopError {
        return degradedError(`The cluster is not connected: the engine (${this.#name}) ${what}`, thrown);
    }

    async #open(engine: Engine, topics: readonly string[]): Promise<void> {
        try {
            await Promise.resolve(); // an engine that fails at once must not call back before the constructor returns
            if (this.#error) return;
            const heard = (topic: unknown, text: unknown): void => {
                if (!this.#error) this.#owner.heard(this, topic, text);
            };
            const link = await engine.connect([...topics], heard, (error: unknown) => {
                this.#lose(this.error("has ended the connection", error));
            });
            if (this.#error as SockhopError | undefined) {
                this.#closed = closeSafely(link);
                return;
            }
            this.limit = limitOf(link);
            this.#engineLink = link;
        } catch (thrown) {
            this.#lose(this.error("cannot be reached", thrown));
            return;
        }
        this.#owner.opened(this);
    }

    /** Ends the timeout of the attempt: the connection works. */
    confirm(): void {
        this.#timeout.clear();
    }

    /**
     * Publishes a message. Has no effect before the link is open.
     *
     * @returns resolves when the engine has taken it; rejects with `ERR_CLUSTER_DEGRADED`
     */
    publish(topic: string, text: string, bytes: number): Promise<void> {
        return markHandled(
            new Promise((resolve, reject) => {
                const link = this.#engineLink;
                if (this.#error || !link) {
                    reject(this.#error ?? this.error("is not connected yet"));
                    return;
                }
                const publication: Publication = { bytes, beat: this.#beats, reject };
                if (this.#publications.size === 0) this.#lastTaken = this.#beats;
                this.#publications.add(publication);
                this.buffered += bytes;
                const taken = (): boolean => {
                    if (!this.#publications.delete(publication)) return false;
                    this.buffered -= bytes;
                    this.#lastTaken = this.#beats;
                    if (this.#publications.size === 0) this.#onIdle?.();
                    return true;
                };
                call(() => link.publish(topic, text)).then(
                    () => {
                        if (taken()) resolve();
                    },
                    (thrown: unknown) => {
                        if (taken()) reject(this.error("has refused a message", thrown));
                    },
                );
            }),
        );
    }

    /** Counts a heartbeat. Loses the link if the engine takes no messages. */
    beat(): void {
        this.#beats += 1;
        const [oldest] = this.#publications;
        if (!oldest) return;
        const isIdle = this.#beats - this.#lastTaken >= MAX_IDLE_BEATS;
        if (isIdle || this.#beats - oldest.beat >= MAX_PENDING_BEATS) this.#lose(this.error("takes no messages"));
    }

    /** Ends the link, without a call of the owner. */
    end(error: SockhopError): void {
        if (this.#error) return;
        this.#error = error;
        this.#timeout.clear();
        if (this.#engineLink) this.#closed = closeSafely(this.#engineLink);
        this.#engineLink = undefined;
        this.buffered = 0;
        const publications = [...this.#publications];
        this.#publications.clear();
        for (const { reject } of publications) reject(error);
        this.#onIdle?.();
    }

    /**
     * Waits until the engine has taken all messages, and ends the link.
     *
     * @returns resolves when the engine has closed, too, and always within the time limits. The process stays alive until then:
     *   the program may have to do more
     */
    async close(error: SockhopError): Promise<void> {
        this.#timeout.clear();
        if (this.#publications.size > 0) {
            const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
            await withTimeout(idle, CLOSE_TIMEOUT_MS, error, true).catch(() => undefined);
        }
        this.end(error);
        await withTimeout(this.#closed, CLOSE_TIMEOUT_MS, error, true).catch(() => undefined);
    }

    #lose(error: SockhopError): void {
        if (this.#error) return;
        this.end(error);
        this.#owner.lost(this, error);
    }
}

/** Calls a method of an engine, which may throw, or return something else than a promise. */
function call(method: () => unknown): Promise<unknown> {
    return new Promise((resolve) => {
        resolve(method()); // a promise rejects if its executor throws
    });
}

function limitOf(link: EngineLink): number {
    const limit = memberOf(link, "limit");
    if (typeof limit === "number" && limit > 0) return limit;
    void closeSafely(link);
    throw new Error("its limit must be a number of bytes");
}

/** Closes a connection of an engine. What it says about that is of no use. */
function closeSafely(link: EngineLink): Promise<unknown> {
    return call(() => link.close()).catch(() => undefined);
}
