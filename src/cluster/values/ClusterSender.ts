import type { SockhopError } from "../../SockhopError";
import { handledRejection } from "../../timers/promises";
import type { ClusterStats } from "../ClusterEvents";
import type { ClusterLink } from "../engine/ClusterLink";
import { MAX_TURN, writeHead, writeStatus } from "./ClusterMessage";
import type { ClusterSettings } from "../ClusterOptions";
import { ClusterTurn, bytesOf } from "./ClusterTurn";
import { noLinkError } from "../engine/engineErrors";
import { limitError } from "./limitError";

/** Counters of a {@link ClusterSender}. */
type Counts = Pick<ClusterStats, "messages_sent" | "bytes_sent" | "refused">;

/**
 * Numbers the values of this server, and publishes them: those of one tick in one message.
 *
 * Each value has a number, also one that is refused. So the other servers notice that they have not got it.
 */
export class ClusterSender {
    readonly #settings: ClusterSettings;
    readonly #counts: Counts;
    readonly #topic: string;
    #link: ClusterLink | undefined;
    /** Error of values while there is no link. One for each outage, because there can be many values. */
    #error = noLinkError();
    /** Values of this tick. */
    #turn: ClusterTurn | undefined;
    id = "";
    /** Number of the last value. */
    number = 0;

    constructor(settings: ClusterSettings, counts: Counts) {
        this.#settings = settings;
        this.#counts = counts;
        this.#topic = `sockhop.${settings.name}.all`;
    }

    /** Begins with another id. */
    reset(id: string): void {
        this.id = id;
        this.#error = noLinkError();
        this.number = 0;
    }

    /**
     * Publishes on another link from now on.
     *
     * @param error - error that has ended the last link, and of the values until there is another one
     */
    setLink(link: ClusterLink | undefined, error?: SockhopError): void {
        const turn = this.#turn;
        this.#turn = undefined;
        this.#link = link;
        if (error) this.#error = error;
        if (!turn) return;
        this.#counts.refused += turn.count;
        turn.sent.reject(this.#error);
    }

    /**
     * Sends a value.
     *
     * @param isJoined - false if it is certain that the engine does not work
     * @returns resolves when the engine has taken it
     */
    send(line: string, group: string | undefined, isJoined: boolean): Promise<void> {
        const link = this.#link;
        if (!link || !isJoined) return this.#refuse(this.#error);
        const bytes = bytesOf(line, group);
        const error = limitError(
            link,
            this.#settings,
            this.#turn?.bytes ?? 0,
            bytes,
            "The value did not reach other servers",
        );
        if (error) return this.#refuse(error);
        let turn = this.#turn;
        if (turn && turn.bytes + bytes > Math.min(MAX_TURN, link.limit)) {
            this.flush();
            // Code of an engine may have sent another value, or ended the link.
            return this.send(line, group, this.#link === link);
        }
        turn ??= this.#turn = new ClusterTurn((ended) => {
            if (this.#turn === ended) this.flush();
        });
        turn.add(line, group, bytes);
        this.number += 1;
        return turn.sent.promise;
    }

    /** Publishes the values of this tick. */
    flush(): void {
        const turn = this.#turn;
        if (!turn) return;
        this.#turn = undefined;
        this.#counts.messages_sent += turn.count;
        this.#publish("*", turn.text, turn.count).then(turn.sent.resolve, turn.sent.reject);
    }

    /**
     * Publishes a hello, `?`, or a heartbeat, `+`, behind all values.
     *
     * @returns settles as {@link ClusterLink.publish} does
     */
    sendStatus(kind: "?" | "+", beat: number, clients: number): Promise<void> {
        this.flush();
        return this.#publish(kind, writeStatus(clients), 1, beat);
    }

    /** Publishes a goodbye, behind all values. */
    sendGoodbye(): void {
        this.flush();
        void this.#publish("-", "", 0);
    }

    #publish(kind: string, body: string, count: number, beat?: number): Promise<void> {
        const link = this.#link;
        if (!link) return handledRejection(this.#error);
        const text = writeHead(this.id, kind, this.number, count, beat) + body;
        const bytes = Buffer.byteLength(text);
        this.#counts.bytes_sent += bytes;
        return link.publish(this.#topic, text, bytes);
    }

    /** Gives a value that is not sent a number of its own, between two messages. */
    skip(): void {
        this.flush();
        this.number += 1;
        this.#counts.refused += 1;
    }

    #refuse(error: SockhopError): Promise<never> {
        this.skip();
        return handledRejection(error);
    }
}
