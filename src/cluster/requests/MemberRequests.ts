import { badFrameError } from "../../codec/errors";
import { uuidv4 } from "../../protocol/uuid";
import { failureOf } from "../../replies/responses/failure";
import { detach } from "../../runtime/detach";
import { SockhopError } from "../../SockhopError";
import { TimerLists } from "../../timers/TimerLists";
import { type ClusterPacket, writeCancel, writeRequest } from "./ClusterPacket";
import { MemberRequest, type RequestOwner } from "./MemberRequest";
import type { PacketSender } from "./PacketSender";

/** Timeout and signal of a request, validated. */
export interface RequestLimits {
    /** Milliseconds. */
    readonly timeout: number;
    readonly signal: AbortSignal | undefined;
}

/**
 * Requests to other servers, until they settle: by the response, the timeout, the signal, the end of the other server or
 * that of the link.
 */
export class MemberRequests implements RequestOwner {
    readonly #sender: PacketSender;
    readonly #maxPending: number;
    readonly #timers = new TimerLists();
    readonly #pending = new Map<string, MemberRequest>();

    constructor(sender: PacketSender, maxPending: number) {
        this.#sender = sender;
        this.#maxPending = maxPending;
    }

    /**
     * Sends a request.
     *
     * @param member - id of the server
     * @param value - see {@link RequestHost.encode}
     */
    send(member: string, value: string, { timeout, signal }: RequestLimits): Promise<unknown> {
        const request = new MemberRequest(detach(uuidv4()), member, timeout, this);
        if (this.#pending.size >= this.#maxPending) {
            const text = `${this.#maxPending} requests to other servers have no response yet (max_pending of cluster)`;
            request.fail(new SockhopError(text, "ERR_MAX_PENDING"));
            return request.promise;
        }
        this.#pending.set(request.uuid, request);
        request.start(this.#timers, signal);
        if (request.isSettled) return request.promise;
        this.#sender.send(member, writeRequest(request.uuid, value)).catch((error: unknown) => {
            request.fail(error as SockhopError);
        });
        return request.promise;
    }

    /** @param sender - id of the server that has sent the packet */
    onResponse(sender: string, { uuid, data, hasFailed, fault, cause }: ClusterPacket): void {
        const request = this.#pending.get(uuid);
        if (request?.member !== sender) return; // late, or not from the server that was asked
        if (fault !== undefined) request.fail(badFrameError(fault, cause));
        else if (hasFailed) request.fail(failureOf(data));
        else request.resolve(data);
    }

    /** Ends the requests to a server. */
    failMember(member: string, error: SockhopError): void {
        for (const request of [...this.#pending.values()]) if (request.member === member) request.fail(error);
    }

    failAll(error: SockhopError): void {
        for (const request of [...this.#pending.values()]) request.fail(error);
        this.#timers.removeEmpty();
    }

    settled({ uuid, member }: MemberRequest, isCanceled: boolean): void {
        const wasSent = this.#pending.delete(uuid);
        if (isCanceled && wasSent) void this.#sender.send(member, writeCancel(uuid));
    }
}
