import type { RemoteFailure } from "../../protocol/SockhopRequest";
import { checkHandler } from "../../replies/responses/checkHandler";
import { toFailure, unhandledFailure, withoutData } from "../../replies/responses/failure";
import { SockhopError } from "../../SockhopError";
import { type ClusterPacket, writeFailure, writeOwn, writeResponse } from "./ClusterPacket";
import type { ClusterMember } from "../Members";
import { type ClusterHandlerContext, OpenRequest } from "./OpenRequest";
import type { PacketSender } from "./PacketSender";
import type { RequestHost } from "./RequestHost";

/** Share of all open requests that one server may have. */
const SHARE_OF_MEMBER = 10;

/** Prefix of the types of requests of the library itself. */
export const OWN_PREFIX = "sockhop:";

/** Handles requests of one type. Its result, or what its promise resolves to, is the response. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- another server may send anything
export type ClusterHandler = (data: any, context: ClusterHandlerContext) => unknown;

/** Handles requests of other servers. Their number is limited, for each server and in total. */
export class MemberResponses {
    readonly #host: RequestHost;
    readonly #sender: PacketSender;
    readonly #maxOpen: number;
    readonly #maxOpenOfMember: number;
    readonly #handlers = new Map<string, ClusterHandler>();
    /** Requests whose handlers are running, by the id of the server and by uuid. */
    readonly #open = new Map<string, Map<string, OpenRequest>>();
    /** Number of these. */
    #size = 0;

    constructor(host: RequestHost, sender: PacketSender, maxPending: number) {
        this.#host = host;
        this.#sender = sender;
        this.#maxOpen = maxPending;
        this.#maxOpenOfMember = Math.ceil(maxPending / SHARE_OF_MEMBER);
    }

    /** @throws {@link SockhopError} `ERR_BAD_OPTION`, `ERR_HANDLER_EXISTS` */
    handle(type: string, handler: ClusterHandler): void {
        checkHandler(this.#handlers, type, handler);
        this.#handlers.set(type, handler);
    }

    unhandle(type: string): boolean {
        return this.#handlers.delete(type);
    }

    /** Calls the handler of a request. Never throws. */
    onRequest(member: ClusterMember, { uuid, type, data, fault }: ClusterPacket): void {
        const requests = this.#open.get(member.id);
        if (requests?.has(uuid)) return;
        const count = requests?.size ?? 0;
        if (fault !== undefined) {
            this.refuse(member.id, uuid, fault);
        } else if (this.#size >= this.#maxOpen || count >= this.#maxOpenOfMember) {
            this.refuse(member.id, uuid, "Too many open requests (max_pending of cluster)");
        } else {
            const handler = this.#handlers.get(type);
            if (handler) void this.#run(handler, new OpenRequest(uuid, type, member), data);
            else this.#fail(member.id, uuid, unhandledFailure(type, this.#types()));
        }
    }

    /** Responds to a request with an error. */
    refuse(member: string, uuid: string, message: string): void {
        this.#fail(member, uuid, { code: "ERR_REQUEST_FAILED", message });
    }

    onCancel(member: string, { uuid }: ClusterPacket): void {
        const error = new SockhopError("The requester canceled the request", "ERR_RESPONSE_SEND");
        this.#open.get(member)?.get(uuid)?.abort(error);
    }

    /** Aborts the requests of a server, and responds with the reason: one that was silent may still wait for them. */
    abortMember(member: string, reason: SockhopError): void {
        for (const request of [...(this.#open.get(member)?.values() ?? [])]) {
            if (request.isAborted) continue;
            request.abort(reason);
            this.refuse(member, request.uuid, reason.message);
        }
    }

    abortAll(reason: SockhopError): void {
        const all = [...this.#open.values()].flatMap((requests) => [...requests.values()]);
        for (const request of all) request.abort(reason);
    }

    /** Responds with the result of the handler. Never rejects. */
    async #run(handler: ClusterHandler, request: OpenRequest, data: unknown): Promise<void> {
        const { uuid, member } = request;
        this.#add(request);
        try {
            const result = await handler(data, request);
            if (request.isAborted) return;
            assertSingle(result);
            const packet = writeResponse(uuid, this.#host.encode(result === undefined ? {} : result, undefined));
            await this.#send(member.id, packet);
        } catch (thrown) {
            if (request.isAborted) return;
            this.#fail(member.id, uuid, toFailure(thrown));
            this.#host.handlerFailed(thrown);
        } finally {
            this.#delete(request);
        }
    }

    /** Rejects if a response cannot be sent because of its size. The requester learns of other errors by its timeout. */
    async #send(member: string, packet: string): Promise<void> {
        try {
            await this.#sender.send(member, packet);
        } catch (error) {
            if ((error as SockhopError).code === "ERR_MESSAGE_TOO_LARGE") throw error;
        }
    }

    #fail(member: string, uuid: string, failure: RemoteFailure): void {
        void this.#send(member, writeFailure(uuid, this.#encode(failure))).catch(() => {
            const { code, message } = failure;
            void this.#send(member, writeFailure(uuid, writeOwn({ code, message }, "Object"))).catch(() => undefined);
        });
    }

    /** Encodes a failure. Leaves out data that cannot be sent. */
    #encode(failure: RemoteFailure): string {
        const short = withoutData(failure);
        if (!short) return writeOwn(failure, "Object");
        try {
            return this.#host.encode(failure, undefined);
        } catch {
            return writeOwn(short, "Object");
        }
    }

    #types(): string[] {
        return [...this.#handlers.keys()].filter((type) => !type.startsWith(OWN_PREFIX));
    }

    #add(request: OpenRequest): void {
        const { id } = request.member;
        const requests = this.#open.get(id);
        if (requests) requests.set(request.uuid, request);
        else this.#open.set(id, new Map([[request.uuid, request]]));
        this.#size += 1;
    }

    #delete({ uuid, member }: OpenRequest): void {
        const requests = this.#open.get(member.id);
        if (!requests?.delete(uuid)) return;
        this.#size -= 1;
        if (requests.size === 0) this.#open.delete(member.id);
    }
}

/** @throws if a handler returns several values */
function assertSingle(result: unknown): void {
    if (typeof result !== "object" || result === null || !(Symbol.asyncIterator in result)) return;
    throw new SockhopError("A handler of requests of other servers must return one value", "ERR_BAD_DATA");
}
