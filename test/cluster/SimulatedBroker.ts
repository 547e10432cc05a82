import type { Engine, EngineLink } from "../../src/cluster/engine/Engine";

/** How `connect()` of a simulated engine ends. */
export const CONNECT_MODES = ["ok", "never", "reject", "throw", "lost inside", "no link", "bad limit"] as const;

/** How `publish()` ends, and whether the message arrives. */
export const PUBLISH_MODES = ["ok", "never", "lost", "reject", "reject late", "throw", "nothing"] as const;

/** Modes in which the message reaches the broker. */
const ARRIVING = new Set<unknown>(["ok", "never", "reject late", "nothing"]);

/** Message on its way to one subscriber. */
interface Parcel {
    topic: string;
    text: string;
}

/** One connection to a {@link SimulatedBroker}. */
class SimulatedLink implements EngineLink {
    readonly incoming: Parcel[] = [];
    readonly delivered: Parcel[] = [];
    isOpen = true;

    constructor(
        readonly engine: SimulatedEngine,
        readonly topics: readonly string[],
        readonly heard: (topic: string, text: string) => void,
        readonly lost: (error: Error) => void,
    ) {}

    get limit(): number {
        return this.engine.limit;
    }

    publish(topic: string, text: string): Promise<unknown> {
        const { publishMode, isDumb, broker } = this.engine;
        if (this.isOpen && ARRIVING.has(publishMode) && !isDumb) broker.publish(topic, text);
        switch (publishMode) {
            case "throw":
                throw new Error("publish throws");
            case "nothing":
                return undefined as unknown as Promise<unknown>;
            case "never":
                return new Promise(() => undefined);
            case "lost":
                return Promise.resolve();
            case "reject":
            case "reject late":
                return Promise.reject(new Error("refused"));
            case "ok":
                return Promise.resolve();
        }
    }

    close(): Promise<void> {
        this.isOpen = false;
        this.engine.broker.links.delete(this);
        return this.engine.closeMode === "ok" ? Promise.resolve() : new Promise(() => undefined);
    }
}

/** Engine of one server, which a test can break. */
export class SimulatedEngine implements Engine {
    connectMode: (typeof CONNECT_MODES)[number] = "ok";
    publishMode: (typeof PUBLISH_MODES)[number] = "ok";
    closeMode: "ok" | "never" = "ok";
    limit = 2 ** 20;
    /** True if nothing arrives from the broker, or at the broker, although the connection seems to be alive. */
    isDeaf = false;
    isDumb = false;
    /** True if messages wait at the broker. */
    isSlow = false;
    link: SimulatedLink | undefined;

    constructor(readonly broker: SimulatedBroker) {}

    connect(
        topics: readonly string[],
        heard: (topic: string, text: string) => void,
        lost: (error: Error) => void,
    ): Promise<EngineLink> {
        switch (this.connectMode) {
            case "never":
                return new Promise(() => undefined);
            case "reject":
                return Promise.reject(new Error("connect ECONNREFUSED redis://user:secret@10.0.0.5:6379"));
            case "throw":
                throw new Error("connect throws");
            case "no link":
                return Promise.resolve(null as unknown as EngineLink);
            case "lost inside":
                lost(new Error("lost inside"));
                break;
            case "bad limit":
                return Promise.resolve({ limit: NaN } as EngineLink);
            case "ok":
        }
        this.link = new SimulatedLink(this, topics, heard, lost);
        this.broker.links.add(this.link);
        return Promise.resolve(this.link);
    }

    /** Breaks the connection. */
    break(): void {
        const { link } = this;
        if (!link) return;
        link.isOpen = false;
        this.broker.links.delete(link);
        link.lost(new Error("read ECONNRESET"));
        link.lost(new Error("again"));
    }

    /** Disturbs the messages that are on their way to this server. */
    disturb(how: "drop" | "repeat" | "reorder" | "old"): void {
        const { incoming = [], delivered = [] } = this.link ?? {};
        if (how === "drop") incoming.shift();
        else if (how === "repeat") incoming.push(...incoming.slice(-3));
        else if (how === "reorder") incoming.reverse();
        else incoming.push(...delivered.slice(-5));
    }

    /** Ends all faults. */
    heal(): void {
        this.connectMode = this.publishMode = this.closeMode = "ok";
        this.isDeaf = this.isDumb = this.isSlow = false;
    }
}

/** Broker whose messages arrive when the test wants it. */
export class SimulatedBroker {
    readonly links = new Set<SimulatedLink>();

    publish(topic: string, text: string): void {
        for (const { topics, incoming } of this.links) if (topics.includes(topic)) incoming.push({ topic, text });
    }

    /** Delivers what is on its way. */
    deliver(): void {
        for (const { engine, incoming, delivered, heard } of [...this.links]) {
            if (engine.isSlow) continue;
            for (const parcel of incoming.splice(0)) {
                if (engine.isDeaf) continue;
                delivered.push(parcel);
                heard(parcel.topic, parcel.text);
            }
        }
    }
}
