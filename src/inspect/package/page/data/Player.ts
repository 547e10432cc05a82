import { h, setText } from "../dom";
import { clock } from "../format";
import type { Recording } from "./recording";
import type { Store } from "./Store";

/** Choices of the speed. */
const SPEEDS = [1, 10, 100];

/** Milliseconds between two steps. */
const STEP_MS = 50;

/** Plays a recording: a bar with a button, a slider and a speed. */
export class Player {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #recording: Recording;
    readonly #slider: HTMLInputElement;
    readonly #button: HTMLElement;
    readonly #time: HTMLElement;
    readonly #start: number;
    readonly #length: number;
    /** Milliseconds after the start. */
    #position = 0;
    /** Number of updates that were applied. */
    #applied = 0;
    #speed = 1;
    #timer: number | undefined;

    constructor(store: Store, recording: Recording, onClose: () => void) {
        this.#store = store;
        this.#recording = recording;
        this.#start = recording.updates[0]?.time ?? 0;
        this.#length = Math.max(1, (recording.updates.at(-1)?.time ?? 0) - this.#start);
        this.#slider = h("input", { type: "range", min: 0, max: 1000, value: 1000, "aria-label": "Position" });
        this.#slider.addEventListener("input", () => {
            this.#stop();
            this.#seek((Number(this.#slider.value) / 1000) * this.#length);
        });
        this.#button = h("button", {
            text: "Play",
            onclick: () => {
                if (this.#timer === undefined) this.#play();
                else this.#stop();
            },
        });
        this.#time = h("span", { class: "time" });
        const speed = h("select", {
            "aria-label": "Speed",
            onchange: () => {
                this.#speed = Number(speed.value);
            },
        });
        for (const each of SPEEDS) speed.append(h("option", { value: each, text: `${each}×` }));
        const close = h("button", {
            text: "Back to live",
            onclick: () => {
                this.#stop();
                onClose();
            },
        });
        this.element = h(
            "div",
            { class: "player", role: "group", "aria-label": "Recording" },
            h("strong", { text: `Recording: ${recording.title}` }),
            this.#button,
            this.#slider,
            this.#time,
            speed,
            close,
        );
        this.#restart();
        this.#seek(this.#length);
    }

    #play(): void {
        if (this.#position >= this.#length) this.#seek(0);
        setText(this.#button, "Stop");
        let last = performance.now();
        this.#timer = window.setInterval(() => {
            const now = performance.now();
            this.#seek(this.#position + (now - last) * this.#speed);
            last = now;
            if (this.#position >= this.#length) this.#stop();
        }, STEP_MS);
    }

    #stop(): void {
        window.clearInterval(this.#timer);
        this.#timer = undefined;
        setText(this.#button, "Play");
    }

    #restart(): void {
        const { title, form } = this.#recording;
        const none = 0;
        this.#applied = 0;
        this.#store.reset({
            ...{ protocol: 0, version: "", title, form, canSend: false, started: this.#start },
            limits: {
                ...{ connections: none, closed: none, messages: none, characters: none },
                ...{ value: none, problems: none, seconds: none, rate: Infinity },
            },
        });
    }

    /** Shows the state at a position. A state before the current one is built from the start. */
    #seek(position: number): void {
        const end = Math.min(this.#length, position);
        if (end < this.#position) this.#restart();
        this.#position = end;
        const { updates } = this.#recording;
        for (let update; (update = updates[this.#applied]) && update.time <= this.#start + end; this.#applied++)
            this.#store.apply(update, 500);
        this.#slider.value = String(Math.round((1000 * end) / this.#length));
        setText(this.#time, clock(this.#start + end));
    }
}
