import { Interval, afterPoll, now } from "../runtime/clock";

/** Number of heartbeats without an echo after which the engine does not work. */
const MAX_MUTE_BEATS = 3;

/**
 * Heartbeats of this server, and their echoes: the only sign that the engine works in both directions. Time is counted
 * in heartbeats. So a process that was stopped, or whose event loop was blocked, calls no member silent afterwards: it has
 * sent none meanwhile, and reads what has arrived before it counts the next one.
 */
export class Heartbeats {
    readonly #onBeat: (isHealthy: boolean) => void;
    readonly #onMute: () => void;
    #interval: Interval | undefined;
    /** Number of the last heartbeat that was sent, and of the first one of the current link. */
    #sent = 0;
    #first = 1;
    /** Numbers of the last heartbeat and of the last value that came back. */
    #echoed = 0;
    #echoedValue = 0;
    #hasEcho = false;
    #muteBeats = 0;
    #sentAt = NaN;
    /** Milliseconds from the last heartbeat to its echo. */
    roundTrip: number | undefined;

    /**
     * @param onBeat - called in each interval; its argument is true if an own message has come back since the last call
     * @param onMute - called instead if none has come back for three intervals
     */
    constructor(onBeat: (isHealthy: boolean) => void, onMute: () => void) {
        this.#onBeat = onBeat;
        this.#onMute = onMute;
    }

    /**
     * Begins with another link: only messages that are sent on it count.
     *
     * @param value - number of the last value
     */
    reset(value: number): void {
        this.stop();
        this.#first = this.#sent + 1;
        this.#echoedValue = value;
    }

    /**
     * Begins to send heartbeats. The first message has come back.
     *
     * @param interval - milliseconds
     */
    start(interval: number): void {
        this.#muteBeats = 0;
        const timer = new Interval(() => {
            afterPoll(timer, () => {
                if (this.#interval === timer) this.#beat();
            });
        }, interval);
        this.#interval = timer;
    }

    stop(): void {
        this.#interval?.clear();
        this.#interval = undefined;
    }

    /** Returns the number of the next heartbeat, which is sent now. */
    next(): number {
        this.#sentAt = now();
        return ++this.#sent;
    }

    /**
     * Handles the echo of a heartbeat.
     *
     * @returns false if it was sent on an earlier link, or is older than another one
     */
    onEcho(beat: number): boolean {
        if (beat < this.#first || beat <= this.#echoed || beat > this.#sent) return false;
        this.#echoed = beat;
        this.#hasEcho = true;
        if (beat === this.#sent) this.roundTrip = now() - this.#sentAt;
        return true;
    }

    /** Handles the echo of values: on a slow line, many of them can be ahead of a heartbeat. */
    onValueEcho(number: number): void {
        if (number <= this.#echoedValue) return;
        this.#echoedValue = number;
        this.#hasEcho = true;
    }

    #beat(): void {
        const isHealthy = this.#hasEcho;
        this.#hasEcho = false;
        this.#muteBeats = isHealthy ? 0 : this.#muteBeats + 1;
        if (this.#muteBeats >= MAX_MUTE_BEATS) this.#onMute();
        else this.#onBeat(isHealthy);
    }
}
