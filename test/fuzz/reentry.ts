import { subscribe, unsubscribe } from "node:diagnostics_channel";
import fc from "fast-check";
import { STEPS, take } from "./steps";
import { KINDS_OF_THROWN, forgetThrown, thrown } from "./values";
import type { Harness } from "./harness";

/** What user code does when it runs at a place: it takes a step, and may throw afterwards. */
export interface Reaction {
    place: string;
    step: string;
    argument: number;
    /** What kind of thing is thrown. */
    throws: number | null;
}

/** Events of both ends, of the client and of the server, for which there are handlers. */
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

/** Where the harness and the steps call the user. */
const CALLED = [
    ...["callback", "failed", "signal", "response.signal", "stream data", "stream end", "toJSON", "getter", "option"],
    ...["session constructor", "session start", "session end"],
];

export const reactions: fc.Arbitrary<Reaction[]> = fc.uniqueArray(
    fc.record({
        place: fc.constantFrom(...EVENTS, ...CHANNELS, ...CALLED, ...CALLED),
        step: fc.constantFrom(...Object.keys(STEPS)),
        argument: fc.nat(7),
        throws: fc.option(fc.nat(KINDS_OF_THROWN - 1), { freq: 3 }),
    }),
    { minLength: 1, maxLength: 3, size: "max", selector: ({ place }) => place },
);

/** What is sent there goes out before the queue of the client. */
const INTRODUCTIONS = ["c connect", "sockhop:connect"];

/** How often one place may be reached during one step: far more than any step has to tell. */
const MOST = 60;

/** How many reactions there are in a program; those to messages of the other end could go on for ever. */
const ALL = 150;

/** The user code of a program. It does not answer itself: what it causes at the same place in the meantime is only counted. */
export class User {
    readonly #harness: Harness;
    readonly #reactions: ReadonlyMap<string, Reaction>;
    readonly #running = new Set<string>();
    /** How often each place has been reached during each of the steps that are being taken, the innermost last. */
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

    /** Takes a step, and counts what comes of it. */
    take(step: string, argument: number): void {
        this.#steps.push(new Map());
        try {
            take(this.#harness, step, argument);
        } finally {
            this.#steps.pop();
        }
    }

    /** Nothing more is done. */
    end(): void {
        this.#left = 0;
        for (const restore of this.#restore.splice(0)) restore();
    }

    #listen(place: string): void {
        const react = (): void => this.#react(place);
        if (CHANNELS.includes(place)) {
            subscribe(place, react);
            this.#restore.push(() => unsubscribe(place, react));
        } else if (EVENTS.includes(place)) {
            const { client, server } = this.#harness;
            const end = place.startsWith("c ") ? client : server;
            end.on(place.slice(2), react);
            this.#restore.push(() => end.off(place.slice(2), react));
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
