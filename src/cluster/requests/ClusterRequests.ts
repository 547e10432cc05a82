import { checkMethodOptions } from "../../diagnostics/unknownOptions";
import { typeOption } from "../../protocol/typeOption";
import { checkSignal } from "../../replies/abortSignals";
import type { WaitOptions } from "../../replies/ReplyTimeout";
import { memberOf, printable } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import { handledRejection } from "../../timers/promises";
import { milliseconds } from "../../validators";
import type { ClusterStats } from "../ClusterEvents";
import type { ClusterLink } from "../engine/ClusterLink";
import type { ClusterSettings } from "../ClusterOptions";
import { parsePacket, writeOwn } from "./ClusterPacket";
import { MemberRequests, type RequestLimits } from "./MemberRequests";
import { type ClusterHandler, MemberResponses, OWN_PREFIX } from "./MemberResponses";
import { type ClusterMember, unknownMemberError } from "../Members";
import { PacketSender } from "./PacketSender";
import { degradedError } from "../engine/engineErrors";
import type { RequestHost } from "./RequestHost";
import type { MemberMessage } from "../values/ClusterReceiver";

/** Options of a request to other servers. */
export interface ClusterRequestOptions extends WaitOptions {
    /**
     * Type of the request, which selects the handler.
     *
     * @default the name of the class of the value
     */
    type?: string | undefined;
    /**
     * Milliseconds until the response must be there; `Infinity` for no limit, also if the engine loses the response.
     *
     * @default `response_timeout` of the server
     */
    timeout?: number | undefined;
    /** Aborting it ends the request with `ERR_ABORTED`, and aborts the signal of the handler. */
    signal?: AbortSignal | undefined;
}

const OPTION_NAMES = ["timeout", "signal", "type"];

/** Responses of several servers. */
export interface ClusterResponses {
    /** Response of each server that has responded, by its id. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- another server may send anything
    answers: Map<string, any>;
    /** Ids of the others, and why each has not responded. */
    failures: { member: string; error: SockhopError }[];
}

/** Cluster, for its {@link ClusterRequests}. */
export interface RequestCluster {
    readonly isJoined: boolean;
    /** Ids of the other servers. */
    otherIds(): string[];
    /** True for the id of this server, or of another one. */
    has(id: string): boolean;
    /** Makes this server known to new ones. Called before requests and responses are published. */
    introduce(): void;
}

/** Requests between the servers of a cluster, in both directions. */
export class ClusterRequests {
    readonly #host: RequestHost;
    readonly #cluster: RequestCluster;
    readonly #sender: PacketSender;
    readonly #requests: MemberRequests;
    readonly #responses: MemberResponses;
    /** Another object after the server has left, perhaps in a handler. */
    #membership = {};

    constructor(
        settings: ClusterSettings,
        host: RequestHost,
        counts: Pick<ClusterStats, "bytes_sent">,
        cluster: RequestCluster,
    ) {
        this.#host = host;
        this.#cluster = cluster;
        this.#sender = new PacketSender(settings, counts, () => {
            cluster.introduce();
        });
        this.#requests = new MemberRequests(this.#sender, settings.maxPending);
        this.#responses = new MemberResponses(host, this.#sender, settings.maxPending);
    }

    /** @param id - new id of this server */
    reset(id: string): void {
        this.#sender.reset(id);
    }

    /** Publishes on another link from now on. The pending requests end with `error`. */
    setLink(link: ClusterLink | undefined, error?: SockhopError): void {
        this.#sender.setLink(link, error);
        if (error) this.#requests.failAll(error);
    }

    /** Ends all requests of this server, which leaves. What was sent in this tick is published first. */
    leave(error: SockhopError): void {
        this.#membership = {};
        this.#sender.flush();
        this.setLink(undefined, error);
    }

    /** Aborts the signals of handlers, which calls code of the program. */
    abortHandlers(error: SockhopError): void {
        this.#responses.abortAll(error);
    }

    /** Ends the requests to and from a server. */
    endMember({ id }: ClusterMember): void {
        const error = unknownMemberError(id, "has left the cluster, or is silent");
        this.#requests.failMember(id, error);
        this.#responses.abortMember(id, error);
    }

    handle(type: string, handler: ClusterHandler): void {
        this.#responses.handle(type, handler);
    }

    unhandle(type: string): boolean {
        return this.#responses.unhandle(type);
    }

    ask(member: unknown, value: unknown, options: ClusterRequestOptions | null | undefined): Promise<unknown> {
        try {
            const id = typeof member === "string" ? member : memberOf(member, "id");
            if (typeof id !== "string") {
                throw new SockhopError("The first argument must be a member or its id", "ERR_BAD_OPTION");
            }
            const { line, limits } = this.#prepare("ask", value, options);
            const error = this.#errorFor(id);
            return error ? handledRejection(error) : this.#requests.send(id, line, limits);
        } catch (error) {
            return Promise.reject(error);
        }
    }

    askAll(value: unknown, options: ClusterRequestOptions | null | undefined): Promise<ClusterResponses> {
        try {
            const { line, limits } = this.#prepare("ask_all", value, options);
            if (!this.#cluster.isJoined) return handledRejection(notJoinedError());
            return this.#collect(this.#cluster.otherIds(), line, limits);
        } catch (error) {
            return Promise.reject(error);
        }
    }

    /** Handles the packets of a message. They can be anything. */
    receive({ lines, sender, member }: MemberMessage): void {
        const membership = this.#membership;
        for (const line of lines) {
            const packet = parsePacket(line, this.#host); // may call code of a class
            if (this.#membership !== membership) return;
            if (packet?.kind === "response") this.#requests.onResponse(sender, packet);
            else if (packet?.kind === "cancel") this.#responses.onCancel(sender, packet);
            else if (packet && member) this.#responses.onRequest(member, packet);
            else if (packet) this.#responses.refuse(sender, packet.uuid, "The server does not know the sender yet");
        }
    }

    async #collect(ids: readonly string[], line: string, limits: RequestLimits): Promise<ClusterResponses> {
        const collected: ClusterResponses = { answers: new Map(), failures: [] };
        const collect = async (member: string): Promise<void> => {
            try {
                collected.answers.set(member, await this.#requests.send(member, line, limits));
            } catch (error) {
                collected.failures.push({ member, error: error as SockhopError });
            }
        };
        await Promise.all(ids.map(collect));
        return collected;
    }

    /** Encodes the value, which calls code of the program. */
    #prepare(
        method: string,
        value: unknown,
        options: ClusterRequestOptions | null | undefined,
    ): { line: string; limits: RequestLimits } {
        checkMethodOptions(options, OPTION_NAMES, method);
        const { timeout, signal } = options ?? {};
        checkSignal(signal);
        const limits = { timeout: milliseconds("timeout", timeout, this.#host.timeout), signal: signal ?? undefined };
        const type = typeOption(options?.type, true);
        const line = isOwn(type) ? writeOwn(value, type) : this.#host.encode(value === undefined ? {} : value, type);
        return { line, limits };
    }

    #errorFor(id: string): SockhopError | undefined {
        // Another server can be heard before this one has joined. Without a connection, the sender refuses the request.
        if (this.#cluster.has(id)) return undefined;
        return this.#cluster.isJoined ? unknownMemberError(id, "is not in the cluster") : notJoinedError();
    }
}

/**
 * Validates the type of a request or handler of the program.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for a type of the library
 */
export function checkOwnPrefix(type: unknown): void {
    if (!isOwn(type)) return;
    const text = `type must not be ${printable(type).slice(0, 40)}: sockhop reserves names that begin with ${OWN_PREFIX}`;
    throw new SockhopError(text, "ERR_BAD_OPTION");
}

/** True for the type of a request of the library. */
function isOwn(type: unknown): type is string {
    return typeof type === "string" && type.startsWith(OWN_PREFIX);
}

function notJoinedError(): SockhopError {
    return degradedError("The request was not sent: the cluster is not connected");
}
