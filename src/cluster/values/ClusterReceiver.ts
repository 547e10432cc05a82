import { SockhopError } from "../../SockhopError";
import type { ClusterStats } from "../ClusterEvents";
import type { ClusterHost } from "../ClusterHost";
import { type AddressedLines, type ClusterHead, parseClients, parseHead, parseValues } from "./ClusterMessage";
import { type ClusterMember, Members } from "../Members";

/** Counters of a {@link ClusterReceiver}. */
type Counts = Pick<ClusterStats, "messages_received" | "bytes_received" | "missed">;

/** Number of earlier ids of this server whose late messages are not those of another one. */
const MAX_FORMER_IDS = 8;

/** Message for this server alone. */
export interface MemberMessage {
    readonly lines: readonly string[];
    /** Id of the server that has sent it. */
    readonly sender: string;
    /** `undefined` if no other message of this server was heard. */
    readonly member: ClusterMember | undefined;
}

/** Callbacks of a {@link ClusterReceiver}. Each may end the cluster. */
export interface ReceiverOwner {
    joined(member: ClusterMember): void;
    left(member: ClusterMember, reason: "left" | "silent"): void;
    missed(member: ClusterMember, count: number): void;
    /**
     * A new server wants to know the others.
     *
     * @param isFirst - true once for each heartbeat: there can be many new servers
     */
    greeted(isFirst: boolean): void;
}

/** Receives messages of other servers. They can be anything: every program that may publish can have written them. */
export class ClusterReceiver {
    readonly #host: ClusterHost;
    readonly #counts: Counts;
    readonly #owner: ReceiverOwner;
    readonly members = new Members();
    /** Current id of this server first. */
    #ownIds: readonly string[] = [];
    /** Another object after the server has left, perhaps in a listener. */
    #membership = {};
    /** Number of the last message of this server for itself alone. */
    #ownPackets = 0;
    #hasGreeted = false;
    #hasReportedVersion = false;

    constructor(host: ClusterHost, counts: Counts, owner: ReceiverOwner) {
        this.#host = host;
        this.#counts = counts;
        this.#owner = owner;
    }

    /** @param id - new id of this server */
    reset(id: string): void {
        this.#ownIds = [id, ...this.#ownIds.slice(0, MAX_FORMER_IDS)];
        this.#ownPackets = 0;
        this.#hasGreeted = false;
    }

    /** Forgets the other servers. */
    clear(): void {
        this.#membership = {};
        this.members.clear();
    }

    /**
     * Handles a message.
     *
     * @returns the head of an own message
     */
    receive(text: string): ClusterHead | undefined {
        const head = parseHead(text);
        if (!head) return undefined;
        if (head === "other version") {
            this.#reportVersion();
            return undefined;
        }
        const { sender, kind } = head;
        if (this.#ownIds.includes(sender)) return sender === this.#ownIds[0] ? head : undefined;
        if (kind === "*") this.#onValues(head, text);
        else if (kind === "+" || kind === "?") this.#onStatus(head, text);
        else if (kind === "-") this.#onGoodbye(head);
        return undefined;
    }

    /**
     * Handles a message for this server alone.
     *
     * @returns `undefined` if it is to be ignored
     */
    receiveApart(text: string): MemberMessage | undefined {
        const head = parseHead(text);
        if (!head || head === "other version" || head.kind !== "=") return undefined;
        const lines = parseValues(text, head)?.flatMap((part) => part.lines);
        if (!lines) return undefined;
        const { sender, number } = head;
        if (this.#ownIds.includes(sender)) {
            if (sender !== this.#ownIds[0] || number <= this.#ownPackets) return undefined;
            this.#ownPackets = number;
            return { lines, sender, member: { id: sender, clients: this.#host.clients, silent: 0, here: true } };
        }
        this.#counts.bytes_received += Buffer.byteLength(text);
        const heard = this.members.hearPackets(head);
        if (heard === "repeated") return undefined;
        if (heard === "unknown") return { lines, sender, member: undefined };
        const { member, hasJoined } = heard;
        const membership = this.#membership;
        if (hasJoined) this.#owner.joined(member);
        return this.#membership === membership ? { lines, sender, member } : undefined;
    }

    /** Counts a heartbeat of this server, during which the engine has worked. */
    beat(): void {
        this.#hasGreeted = false;
        const membership = this.#membership;
        for (const member of this.members.beat()) {
            if (this.#membership === membership) this.#owner.left(member, "silent");
        }
    }

    #onValues(head: ClusterHead, text: string): void {
        const parts = parseValues(text, head);
        if (!parts) return;
        this.#counts.bytes_received += Buffer.byteLength(text);
        const membership = this.#membership;
        const known = this.#hear(head);
        if (known === undefined) return;
        this.#counts.messages_received += head.count - known;
        for (const { lines, group } of known > 0 ? withoutFirst(parts, known) : parts) {
            if (lines.length > 0 && this.#membership === membership) this.#host.deliver(lines, group);
        }
    }

    #onStatus(head: ClusterHead, text: string): void {
        this.#counts.bytes_received += Buffer.byteLength(text);
        const membership = this.#membership;
        if (this.#hear(head, parseClients(text, head)) === undefined) return;
        if (head.kind !== "?" || this.#membership !== membership) return;
        const isFirst = !this.#hasGreeted;
        this.#hasGreeted = true;
        this.#owner.greeted(isFirst);
    }

    #onGoodbye(head: ClusterHead): void {
        const left = this.members.leave(head);
        if (!left) return;
        const membership = this.#membership;
        this.#onMissed(left.member, left.missed);
        if (this.#membership === membership) this.#owner.left(left.member, "left");
    }

    /**
     * Handles the head of a message.
     *
     * @returns number of its values that are not to be delivered; `undefined` if the message is to be ignored
     */
    #hear(head: ClusterHead, clients?: number): number | undefined {
        const heard = this.members.hear(head, clients);
        if (!heard) return undefined;
        const { member, hasJoined, missed, known } = heard;
        const membership = this.#membership;
        if (hasJoined) this.#owner.joined(member);
        if (this.#membership === membership) this.#onMissed(member, missed);
        return known;
    }

    #onMissed(member: ClusterMember, count: number): void {
        if (count === 0) return;
        this.#counts.missed += count;
        this.#owner.missed(member, count);
    }

    #reportVersion(): void {
        if (this.#hasReportedVersion) return;
        this.#hasReportedVersion = true;
        const message = "A server of the cluster has another version of sockhop: its messages are ignored";
        this.#host.report(new SockhopError(message, "ERR_CLUSTER_VERSION"));
    }
}

/** Returns the values behind the first ones. */
function withoutFirst(parts: readonly AddressedLines[], count: number): AddressedLines[] {
    let left = count;
    return parts.map(({ lines, group }) => {
        const rest = lines.slice(left);
        left = Math.max(left - lines.length, 0);
        return { lines: rest, group };
    });
}
