import type { SockhopError } from "../../SockhopError";
import type { ClusterMember } from "../Members";

/** Second argument of a handler of requests of other servers. */
export interface ClusterHandlerContext {
    /** Type of the request. */
    readonly type: string;
    /** Server that has sent it. */
    readonly member: ClusterMember;
    /** Aborted if the response is no longer needed: the requester has canceled or left, or this server leaves. */
    readonly signal: AbortSignal;
}

/** Request of another server whose handler is running. Creates the signal at its first use. */
export class OpenRequest implements ClusterHandlerContext {
    readonly uuid: string;
    readonly type: string;
    readonly member: ClusterMember;
    #abortReason: SockhopError | undefined;
    #controller: AbortController | undefined;

    constructor(uuid: string, type: string, member: ClusterMember) {
        this.uuid = uuid;
        this.type = type;
        this.member = member;
    }

    get signal(): AbortSignal {
        if (!this.#controller) {
            this.#controller = new AbortController();
            if (this.#abortReason) this.#controller.abort(this.#abortReason);
        }
        return this.#controller.signal;
    }

    get isAborted(): boolean {
        return this.#abortReason !== undefined;
    }

    /** Calls listeners of the program. */
    abort(reason: SockhopError): void {
        if (this.#abortReason) return;
        this.#abortReason = reason;
        this.#controller?.abort(reason);
    }
}
