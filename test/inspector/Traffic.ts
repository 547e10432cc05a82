import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Hub } from "../../src/inspect/hub/Hub";
import type { InspectedConnection } from "../../src/inspect/hub/InspectedConnection";
import type { TappedMessage } from "../../src/inspect/frames/parseFrame";
import type { Point, Side } from "../../src/inspect/protocol";

/** Invented traffic of a shop, for pictures: the same in each run, except its times. */
export class Traffic {
    readonly #hub: Hub;
    readonly #connections: InspectedConnection[] = [];
    readonly #start = performance.now();
    #id = 0;

    constructor(hub: Hub) {
        this.#hub = hub;
        hub.stop(); // it would add empty seconds
        hub.addPoints(points());
        for (let n = 0; n < 9; n++) {
            const connection = hub.opened({
                role: "tap",
                peer: `127.0.0.1:${41_000 + 37 * n}`,
                endpoint: "name:shop",
                codec: n % 4 === 3 ? "binary" : "json",
                since: Date.now() - 1000 * (4000 - 391 * n),
            });
            connection.row.messages = [20 + 73 * n, 31 + 97 * n];
            connection.row.bytes = [2100 + 7300 * n, 4200 + 16_000 * n];
            connection.set({ pending: n % 3, waiting: n === 5 ? 48_320 : 0, roundTrip: 0.4 + 0.31 * n });
            if (n === 2) connection.set({ resumes: 2, state: "interrupted" });
            this.#connections.push(connection);
        }
        hub.closed(this.#connections[7]!, "PEER_ENDED");
    }

    /** Passes messages to the hub, and waits until the page has drawn them. */
    async play(page: Page): Promise<void> {
        for (let n = 0; n < 20; n++) await this.#conversation(n);
        const bad: TappedMessage = { bytes: 25, kind: "invalid", text: "GET /status HTTP/1.1\r\n\r\n" };
        this.#add(3, "client", bad);
        this.#hub.problem({ connection: 5, code: "ECONNRESET", text: "read ECONNRESET" });
        await this.#conversation(20);
        this.#count((performance.now() - this.#start) / 1000);
        this.#hub.update();
        await page.locator(".row").first().waitFor();
        await page.locator("[data-chart=delay] canvas").waitFor({ state: "attached" });
        // Two frames: for the lists and for the charts
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    }

    /** Counts messages of the seconds that have passed, in the rate of the last invented ones. */
    #count(seconds: number): void {
        const connection = this.#connections[0]!;
        this.#hub.addMessages(connection, "client", Math.round(790 * seconds));
        this.#hub.addMessages(connection, "server", Math.round(1270 * seconds));
        this.#hub.addBytes(connection, "client", Math.round(113_000 * seconds));
        this.#hub.addBytes(connection, "server", Math.round(214_000 * seconds));
    }

    #add(connection: number, from: Side, message: TappedMessage): void {
        this.#hub.message(this.#connections[connection]!, from, () => message);
    }

    async #conversation(n: number): Promise<void> {
        const id = `5d1c${String((this.#id += 1)).padStart(4, "0")}-7c1e-4b0a-9d52-2f6f0c6a91ee`;
        const order = { article: 1000 + 17 * n, count: 1 + (n % 4), customer: { id: 300 + n, city: "Lyon" } };
        this.#add(n % 7, "client", { bytes: 171, kind: "request", type: "Order", data: order, id });
        this.#add((n + 3) % 7, "server", { bytes: 64, kind: "message", type: "Price", data: { eur: 4.2 + n } });
        if (n % 3 === 0) this.#add((n + 1) % 7, "client", { bytes: 96, kind: "ping", id });
        await sleep(1 + (n % 5)); // so that the times of replies differ
        const done = { accepted: true, total: 12 * (1 + n), lines: [{ article: 1000 + 17 * n, stock: 80 - n }] };
        this.#add(n % 7, "server", { bytes: 143, kind: "response", type: "Object", data: done, id, last: true });
        if (n % 4 === 0)
            this.#add((n + 2) % 7, "client", { bytes: 58, kind: "question", type: "String", data: "stock", id });
        if (n % 4 === 0)
            this.#add((n + 2) % 7, "server", { bytes: 77, kind: "answer", type: "Object", data: { bolts: 8 }, id });
    }
}

/** One minute. */
function points(): Point[] {
    const now = Date.now();
    return Array.from({ length: 60 }, (_, index) => {
        const wave = Math.sin(index / 6) + Math.sin(index / 2.3) / 3;
        const peak = index > 34 && index < 41 ? 2 : 1;
        return {
            time: now - 1000 * (60 - index),
            messages: [Math.round(900 + 320 * wave), Math.round((1400 + 410 * wave) * peak)],
            bytes: [Math.round(121_000 + 38_000 * wave), Math.round((230_000 + 61_000 * wave) * peak)],
            replies: 400,
            p50: 3.1 + wave / 2,
            p99: (14 + 5 * wave) * peak,
            waiting: peak > 1 ? 310_000 - 9000 * (index - 34) : 0,
            pending: 12,
            delay: peak > 1 ? 31 : 4 + 2 * wave,
            connections: 8,
        };
    });
}
