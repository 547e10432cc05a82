import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { EventEmitter } from "node:events";
import type net from "node:net";
import fc from "fast-check";
import { STEPS, take } from "./steps";
import { KINDS_OF_THROWN, forgetThrown, thrown } from "./values";
import type { Harness } from "./harness";

/** Behavior of user code at a place: it takes a step, and may throw afterwards. */
export interface Reaction {
    place: string;
    step: string;
    argument: number;
    /** The kind of thrown value. */
    throws: number | null;
}

/** Events of both ends, of the client and of the server, that have handlers. */
const BOTH = [
    "connect",
    "disconnect",
    "receive",
    "receive:String",
    "receive:Object",
    "request",
    "request:String",
    "error",
    "drain",
];
const EVENTS = [...BOTH, "reconnecting"].map((event) => `c ${event}`).concat(BOTH.map((event) => `s ${event}`));

const CHANNELS = [
    ...["sockhop:connect", "sockhop:disconnect", "sockhop:message:sent", "sockhop:message:received"],
    ...["request", "response"].flatMap((name) =>
        ["start", "end", "asyncStart", "asyncEnd", "error"].map((event) => `tracing:sockhop:${name}:${event}`),
    ),
];

/** Places where the harness and the steps call user code. */
const CALLED = [
    ...["callback", "failed", "signal", "response.signal", "stream data", "stream end", "toJSON", "getter", "option"],
    ...["handler", "handler signal"],
    ...["session constructor", "session start", "session end"],
];

/** Methods of sockets that a program replaces. */
const METHODS = ["write", "end", "destroy", "resume"] as const;
const REPLACED = METHODS.map((name) => `socket ${name}`);

export const reactions: fc.Arbitrary<Reaction[]> = fc.uniqueArray(
    fc.record({
        place: fc.constantFrom(...EVENTS, ...CHANNELS, ...CALLED, ...CALLED, ...REPLACED),
        step: fc.constantFrom(...Object.keys(STEPS)),
        argument: fc.nat(7),
        throws: fc.option(fc.nat(KINDS_OF_THROWN - 1), { freq: 3 }),
    }),
    { minLength: 1, maxLength: 3, size: "max", selector: ({ place }) => place },
);

/** Messages sent there precede those of the client's queue. (The client begins to read right after `connect`.) */
const INTRODUCTIONS = ["c connect", "sockhop:connect", "socket resume"];

/** Maximum number of calls of one place during one step: far more than any step needs. */
const MOST = 60;

/** Number of reactions in a program; reactions to messages of the other end could continue forever. */
const ALL = 150;

/** User code of a program. It is not reentrant: nested calls at the same place are only counted. */
export class User {
    readonly #harness: Harness;
    readonly #reactions: ReadonlyMap<string, Reaction>;
    readonly #running = new Set<string>();
    /** Number of calls of each place during each of the nested steps, the innermost last. */
    readonly #steps: Map<string, number>[] = [];
    readonly #restore: (() => void)[] = [];
    #left = ALL;

    constructor(harness: Harness, all: readonly Reaction[]) {
        this.#harness = harness;
        this.#reactions = new Map(all.map((reaction) => [reaction.place, reaction]));
        forgetThrown();
        if (all.length === 0) return;
        harness.reacts = true;
        harness.react = (place) => this.#react(place);
        for (const place of this.#reactions.keys()) this.#listen(place);
    }

    /** Takes a step, and counts the resulting calls. */
    take(step: string, argument: number): void {
        this.#steps.push(new Map());
        try {
            take(this.#harness, step, argument);
        } finally {
            this.#steps.pop();
        }
    }

    /** Stops all reactions. */
    end(): void {
        this.#left = 0;
        for (const restore of this.#restore.splice(0)) restore();
    }

    #listen(place: string): void {
        const react = (): void => this.#react(place);
        if (CHANNELS.includes(place)) {
            subscribe(place, react);
            this.#restore.push(() => unsubscribe(place, react));
        } else if (REPLACED.includes(place)) {
            this.#replace(place.slice("socket ".length) as (typeof METHODS)[number], react);
        } else if (EVENTS.includes(place)) {
            const { client, server } = this.#harness;
            const end = place.startsWith("c ") ? client : server;
            end.on(place.slice(2), react);
            this.#restore.push(() => end.off(place.slice(2), react));
        }
    }

    /** Replaces a method of all sockets. The method still does its work. */
    #replace(name: (typeof METHODS)[number], react: () => void): void {
        const replace = (socket: net.Socket): void => {
            const original: unknown = Reflect.get(socket, name);
            const replacement = (...args: unknown[]): unknown => {
                try {
                    react();
                } catch {
                    // Its own tests are about methods that throw.
                }
                return (original as (...args: unknown[]) => unknown).apply(socket, args);
            };
            Object.assign(socket, { [name]: replacement });
        };
        const { client, server } = this.#harness;
        for (const end of [client, server]) {
            (end as EventEmitter).on("connect", replace);
            this.#restore.push(() => (end as EventEmitter).off("connect", replace));
        }
    }

    #react(place: string): void {
        const reaction = this.#reactions.get(place);
        if (!reaction || this.#left <= 0) return;
        this.#count(place);
        if (this.#running.has(place) || this.#left <= 0) return;
        this.#left -= 1;
        this.#running.add(place);
        this.#harness.introduces = INTRODUCTIONS.some((each) => this.#running.has(each));
        try {
            this.take(reaction.step, reaction.argument);
        } finally {
            this.#running.delete(place);
            this.#harness.introduces = INTRODUCTIONS.some((each) => this.#running.has(each));
        }
        if (reaction.throws !== null) throw thrown(reaction.throws);
    }

    #count(place: string): void {
        const counts = this.#steps.at(-1);
        if (!counts) return;
        const count = (counts.get(place) ?? 0) + 1;
        counts.set(place, count);
        if (count < MOST) return;
        this.#harness.fault(`one step reaches "${place}" ${count} times`);
        this.#left = 0;
    }
}
