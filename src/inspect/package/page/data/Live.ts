import { type Hello, PROTOCOL, type Update } from "../../../protocol";
import type { Recorder } from "./recording";
import type { Store } from "./Store";

export type LiveState = "connecting" | "live" | "lost" | "wrong";

/** Receives the events of the server. Connects again until it is closed. */
export class Live {
    readonly #store: Store;
    #events: EventSource | undefined;
    recorder: Recorder | undefined;
    state: LiveState = "connecting";
    /** Updates that the server has left out, because this page was too slow. */
    gaps = 0;
    onState: () => void = () => undefined;

    constructor(store: Store) {
        this.#store = store;
    }

    open(): void {
        const events = new EventSource("events");
        this.#events = events;
        events.addEventListener("hello", (event) => {
            const hello = JSON.parse(event.data as string) as Hello;
            if (hello.protocol !== PROTOCOL) {
                this.#setState("wrong");
                events.close();
                return;
            }
            this.#store.reset(hello);
            this.#setState("live");
        });
        events.addEventListener("update", (event) => {
            const text = event.data as string;
            const update = JSON.parse(text) as Update;
            this.recorder?.record(update);
            this.#store.apply(update, text.length);
        });
        events.addEventListener("gap", (event) => {
            this.gaps += Number(event.data);
        });
        events.addEventListener("error", () => {
            this.#setState("lost");
            if (events.readyState !== EventSource.CLOSED) return;
            events.close(); // the server has refused it: the browser does not try again
            setTimeout(() => {
                if (this.#events === events) this.open();
            }, 2000);
        });
    }

    close(): void {
        this.#events?.close();
        this.#events = undefined;
    }

    #setState(state: LiveState): void {
        this.state = state;
        this.onState();
    }
}
