import type { ServerResponse } from "node:http";
import { startEvents } from "./events";
import type { Hub, Watcher } from "../hub/Hub";
import type { InspectSource } from "./InspectServer";

/** Bytes that wait for a slow browser. Above it, updates are left out for this browser. */
const MAX_BUFFERED = 16 * 2 ** 20;

/** Writes the updates of a hub to pages, as server-sent events. */
export class HubSource implements InspectSource {
    readonly #hub: Hub;
    #last: { update: string; event: Buffer } | undefined;
    readonly send?: (body: unknown) => Promise<unknown>;

    constructor(hub: Hub, send?: (body: unknown) => Promise<unknown>) {
        this.#hub = hub;
        if (send) this.send = send;
    }

    addViewer(response: ServerResponse): void {
        startEvents(response);
        const hello = `event: hello\ndata: ${this.#hub.hello()}\n\n`;
        let leftOut = 0;
        const watcher: Watcher = {
            onUpdate: (json) => {
                if (response.writableLength > MAX_BUFFERED) {
                    leftOut += 1;
                    return;
                }
                let update = json;
                if (leftOut > 0) {
                    // Rows are missing, so the page begins again.
                    response.write(`event: gap\ndata: ${leftOut}\n\n${hello}`);
                    update = this.#hub.state();
                    leftOut = 0;
                }
                response.write(this.#eventOf(update));
            },
        };
        response.on("close", () => {
            this.#hub.unwatch(watcher);
            if (!this.#hub.isWatched) this.#last = undefined;
        });
        response.write(hello);
        this.#hub.watch(watcher);
    }

    /** Bytes of the event for an update. Pages share them, so that those that do not read need no memory of their own. */
    #eventOf(update: string): Buffer {
        if (this.#last?.update !== update) {
            this.#last = { update, event: Buffer.from(`event: update\ndata: ${update}\n\n`) };
        }
        return this.#last.event;
    }
}
