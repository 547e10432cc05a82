import type { SockhopError } from "../../SockhopError";
import { handledRejection } from "../../timers/promises";
import type { ClusterStats } from "../ClusterEvents";
import type { ClusterLink } from "../engine/ClusterLink";
import { HEAD_BYTES, MAX_TURN, writeHead } from "../values/ClusterMessage";
import type { ClusterSettings } from "../ClusterOptions";
import { ClusterTurn, bytesOf } from "../values/ClusterTurn";
import { noLinkError } from "../engine/engineErrors";
import { limitError } from "../values/limitError";

/**
 * Sends requests and responses to single servers: those of one tick to one server in one message.
 *
 * Messages are numbered, so that a server can ignore one that the engine repeats.
 */
export class PacketSender {
    readonly #settings: ClusterSettings;
    readonly #counts: Pick<ClusterStats, "bytes_sent">;
    readonly #introduce: () => void;
    #link: ClusterLink | undefined;
    /** Packets of this tick, by the id of the server. */
    readonly #turns = new Map<string, ClusterTurn>();
    /** Bytes of these packets. */
    #bytes = 0;
    #id = "";
    /** Number of the last message. */
    #number = 0;

    /** @param introduce - called before packets are published: a server that does not know this one refuses them */
    constructor(settings: ClusterSettings, counts: Pick<ClusterStats, "bytes_sent">, introduce: () => void) {
        this.#settings = settings;
        this.#counts = counts;
        this.#introduce = introduce;
    }

    /** Sends as the server of this id from now on. */
    reset(id: string): void {
        this.#id = id;
        this.#number = 0;
    }

    /** Publishes on another link from now on. Packets that are not published yet fail with `error`. */
    setLink(link: ClusterLink | undefined, error?: SockhopError): void {
        this.#link = link;
        const turns = [...this.#turns.values()];
        this.#turns.clear();
        this.#bytes = 0;
        for (const { sent } of turns) sent.reject(error ?? noLinkError());
    }

    /**
     * Sends a packet.
     *
     * @param member - id of the server
     * @returns resolves when the engine has taken it. Rejects with `ERR_CLUSTER_DEGRADED`, `ERR_MESSAGE_TOO_LARGE`,
     *   `ERR_BUFFER_FULL` or `ERR_MAX_PENDING`; an unhandled rejection has no effect
     */
    send(member: string, packet: string): Promise<void> {
        const link = this.#link;
        if (!link) return handledRejection(noLinkError());
        const bytes = bytesOf(packet, undefined);
        const error = limitError(link, this.#settings, this.#bytes, bytes, "The request or response was not sent");
        if (error) return handledRejection(error);
        let turn = this.#turns.get(member);
        if (turn && turn.bytes + bytes > Math.min(MAX_TURN, link.limit)) {
            this.#flush(member, turn);
            return this.send(member, packet); // code of an engine may have ended the link
        }
        if (!turn) {
            turn = new ClusterTurn((ended) => {
                this.#flush(member, ended);
            });
            this.#turns.set(member, turn);
        }
        turn.add(packet, undefined, bytes);
        this.#bytes += bytes;
        return turn.sent.promise;
    }

    /** Publishes all packets of this tick. */
    flush(): void {
        for (const [member, turn] of [...this.#turns]) this.#flush(member, turn);
    }

    #flush(member: string, turn: ClusterTurn): void {
        this.#introduce();
        const link = this.#link;
        if (!link || this.#turns.get(member) !== turn) return;
        this.#turns.delete(member);
        this.#bytes -= turn.bytes - HEAD_BYTES;
        this.#number += 1;
        const text = writeHead(this.#id, "=", this.#number, turn.count) + turn.text;
        const bytes = Buffer.byteLength(text);
        this.#counts.bytes_sent += bytes;
        const topic = `sockhop.${this.#settings.name}.to.${member}`;
        link.publish(topic, text, bytes).then(turn.sent.resolve, turn.sent.reject);
    }
}
