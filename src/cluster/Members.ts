import { detach } from "../runtime/detach";
import { printable } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import type { ClusterHead } from "./values/ClusterMessage";

/** Maximum number of members that are kept, present or not. */
const MAX_MEMBERS = 1000;

/** Number of heartbeats without a message after which a member counts as silent. */
const SILENT_BEATS = 3;

/** Number of heartbeats for which the number of an absent member is kept. */
const ABSENT_BEATS = 300;

/** One server of a cluster. */
export interface ClusterMember {
    /** Random id, new whenever the server joins. */
    readonly id: string;
    /** Number of its clients, as of its last heartbeat. */
    readonly clients: number;
    /** Number of heartbeats of this server since its last message. */
    readonly silent: number;
    /** True for this server. */
    readonly here: boolean;
}

/** @param what - why a request cannot be sent to a server, or gets no response */
export function unknownMemberError(id: string, what: string): SockhopError {
    return new SockhopError(`The server ${printable(id.slice(0, 40)) || "of this id"} ${what}`, "ERR_NO_MEMBER");
}

/** Other server. */
interface Member {
    readonly id: string;
    clients: number;
    /** Number of the last value that was received, or missed. */
    number: number;
    /** Heartbeats since its last message, while the engine works. */
    beats: number;
    hasLeft: boolean;
    /** Number of its last message for this server alone. */
    packets: number;
}

/** Sender of a message, and the values that its number tells of. */
export interface Heard {
    readonly member: ClusterMember;
    /** True if the member was not present before. */
    readonly hasJoined: boolean;
    /** Number of values before this message that did not arrive. */
    readonly missed: number;
    /** Number of values at the start of this message that were received before, or are counted as missed. */
    readonly known: number;
}

/**
 * Other servers of a cluster, and the number of the last value of each.
 *
 * Every program that may publish can invent members, so their number is limited: beyond it, new ones are ignored.
 */
export class Members {
    readonly #present = new Map<string, Member>();
    /** Silent ones, and those that have left. The first one has been absent longest. */
    readonly #absent = new Map<string, Member>();

    /** Number of members that are present. */
    get size(): number {
        return this.#present.size;
    }

    /** Members that are present. */
    get all(): ClusterMember[] {
        return [...this.#present.values()].map(snapshotOf);
    }

    /**
     * Handles the head of a message of another server.
     *
     * @param clients - number of its clients, if the message tells it
     * @returns `undefined` if the message is to be ignored
     */
    hear({ sender, kind, number, count }: ClusterHead, clients?: number): Heard | undefined {
        const present = this.#present.get(sender);
        const values = kind === "*" ? count : 0;
        const member = present ?? this.#add(sender, number - values);
        if (!member) return undefined;
        member.beats = 0;
        if (clients !== undefined) member.clients = clients;
        const before = number - values;
        const missed = Math.max(before - member.number, 0);
        const known = Math.min(Math.max(member.number - before, 0), values);
        member.number = Math.max(member.number, number);
        return { member: snapshotOf(member), hasJoined: !present, missed, known };
    }

    /**
     * Handles the head of a message for this server alone. It says nothing about values, which have another topic.
     *
     * @returns `"unknown"` if no other message of the sender was heard, or it has left; `"repeated"` if the message is to be
     *   ignored
     */
    hearPackets({ sender, number }: ClusterHead): Heard | "unknown" | "repeated" {
        const member = this.#present.get(sender) ?? this.#absent.get(sender);
        if (!member || member.hasLeft) return "unknown";
        if (number <= member.packets) return "repeated";
        member.packets = number;
        const head = { sender, kind: "=", number: member.number, count: 0, beat: 0, end: 0 };
        return this.hear(head) ?? "unknown";
    }

    has(id: string): boolean {
        return this.#present.has(id);
    }

    /**
     * Handles the goodbye of a member. Later messages of it are ignored.
     *
     * @returns number of its values that did not arrive; `undefined` if it was not present
     */
    leave({ sender, number }: ClusterHead): { member: ClusterMember; missed: number } | undefined {
        const member = this.#present.get(sender);
        if (!member) return undefined;
        member.hasLeft = true;
        this.#setAbsent(member);
        return { member: snapshotOf(member), missed: Math.max(number - member.number, 0) };
    }

    /**
     * Counts a heartbeat of this server, during which the engine has worked.
     *
     * @returns members that have become silent
     */
    beat(): ClusterMember[] {
        for (const member of this.#absent.values()) {
            if (++member.beats >= ABSENT_BEATS) this.#absent.delete(member.id);
        }
        const silent = [...this.#present.values()].filter((member) => ++member.beats >= SILENT_BEATS);
        const snapshots = silent.map(snapshotOf);
        for (const member of silent) this.#setAbsent(member);
        return snapshots;
    }

    /** Begins to count silent heartbeats again: nothing could be heard before. */
    resetSilence(): void {
        for (const member of this.#present.values()) member.beats = 0;
    }

    clear(): void {
        this.#present.clear();
        this.#absent.clear();
    }

    /** @param number - number of the last value before the first message that is heard */
    #add(id: string, number: number): Member | undefined {
        const absent = this.#absent.get(id);
        if (absent?.hasLeft) return undefined;
        if (!absent && !this.#hasSpace()) return undefined;
        this.#absent.delete(id);
        const member = absent ?? { id: detach(id), clients: 0, number, beats: 0, hasLeft: false, packets: 0 };
        this.#present.set(member.id, member);
        return member;
    }

    /** Forgets the member that has been absent longest if there are too many. Returns false if all are present. */
    #hasSpace(): boolean {
        if (this.#present.size + this.#absent.size < MAX_MEMBERS) return true;
        const [oldest] = this.#absent.keys();
        return oldest !== undefined && this.#absent.delete(oldest);
    }

    #setAbsent(member: Member): void {
        this.#present.delete(member.id);
        member.beats = 0;
        this.#absent.set(member.id, member);
    }
}

function snapshotOf({ id, clients, beats }: Member): ClusterMember {
    return { id, clients, silent: beats, here: false };
}
