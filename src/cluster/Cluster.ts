import { publishClusterMissed, publishClusterState } from "../diagnostics/clusterChannels";
import { warn } from "../diagnostics/warning";
import { emitSafely } from "../emitter/emitSafely";
import { TypedEmitter } from "../emitter/TypedEmitter";
import { loadCrypto } from "../runtime/builtins";
import { Timer } from "../runtime/clock";
import { memberOf } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import { delayAfter } from "../timers/backoff";
import { ClusterCounters } from "./ClusterCounters";
import type { ClusterEvents, ClusterState, ClusterStats } from "./ClusterEvents";
import type { ClusterHost } from "./ClusterHost";
import { ClusterLink } from "./engine/ClusterLink";
import type { ClusterSettings } from "./ClusterOptions";
import {
    type ClusterRequestOptions,
    ClusterRequests,
    type ClusterResponses,
    checkOwnPrefix,
} from "./requests/ClusterRequests";
import { ClusterReceiver } from "./values/ClusterReceiver";
import { ClusterSender } from "./values/ClusterSender";
import { Deferred } from "../timers/Deferred";
import { Heartbeats } from "./Heartbeats";
import type { ClusterHandler } from "./requests/MemberResponses";
import type { ClusterMember } from "./Members";
import type { RequestHost } from "./requests/RequestHost";

/** Delay of the first further attempt after an outage, and the longest one, in milliseconds. Both are an upper limit. */
const RETRY = { interval: 100, cap: 2000 };

/** The other servers, and the way to them: `server.cluster`. */
export class Cluster extends TypedEmitter<ClusterEvents> {
    readonly #settings: ClusterSettings;
    readonly #host: ClusterHost;
    readonly #counters = new ClusterCounters();
    readonly #receiver: ClusterReceiver;
    readonly #sender: ClusterSender;
    readonly #requests: ClusterRequests;
    readonly #heartbeats = new Heartbeats(this.#beat.bind(this), this.#onMute.bind(this));
    #state: ClusterState = "left";
    #link: ClusterLink | undefined;
    /** Attempt that has not settled. */
    #attempt: Deferred | undefined;
    #retry: Timer | undefined;
    /** Settles when the last link is closed. */
    #left: Promise<void> = Promise.resolve();
    /** True if a new server may not know this one before the next heartbeat. */
    #owesStatus = false;
    /** Error of the last heartbeat, if the engine has refused it. */
    #refusal: SockhopError | undefined;
    /** Failed attempts since the engine has last worked for a heartbeat. */
    #failures = 0;
    #hasWarned = false;

    /** @internal */
    constructor(settings: ClusterSettings, host: ClusterHost, requests: RequestHost) {
        super();
        this.#settings = settings;
        this.#host = host;
        this.#sender = new ClusterSender(settings, this.#counters.counts);
        this.#receiver = new ClusterReceiver(host, this.#counters.counts, {
            joined: (member) => {
                emitSafely(this, "join", member);
            },
            left: (member, reason) => {
                this.#requests.endMember(member);
                emitSafely(this, "leave", member, reason);
            },
            missed: (member, count) => {
                publishClusterMissed(this, member.id, count);
                emitSafely(this, "missed", member, count);
            },
            greeted: (isFirst) => {
                this.#owesStatus = true;
                if (isFirst) this.#introduce();
            },
        });
        const hasJoined = (): boolean => this.#state === "joined";
        const { members } = this.#receiver;
        this.#requests = new ClusterRequests(settings, requests, this.#counters.counts, {
            get isJoined() {
                return hasJoined();
            },
            otherIds: () => members.all.map(({ id }) => id),
            has: (id) => id === this.#sender.id || members.has(id),
            introduce: () => {
                this.#introduce();
            },
        });
    }

    /** See {@link ClusterState}. */
    get state(): ClusterState {
        return this.#state;
    }

    /** Id of this server in the cluster, new whenever it joins; `undefined` while it has left. */
    get id(): string | undefined {
        return this.#state === "left" ? undefined : this.#sender.id;
    }

    /** Servers of the cluster, this one first. A new array each time. */
    get members(): ClusterMember[] {
        if (this.#state === "left") return [];
        const own = { id: this.#sender.id, clients: this.#host.clients, silent: 0, here: true };
        return [own, ...this.#receiver.members.all];
    }

    /** Counters since the server was created. A new object each time. */
    get stats(): ClusterStats {
        const members = this.#state === "left" ? 0 : this.#receiver.members.size + 1;
        const { buffered = 0, pending = 0 } = this.#link ?? {};
        const { degraded: degraded_ms, counts } = this.#counters;
        return { members, ...counts, degraded_ms, buffered, pending, round_trip: this.#heartbeats.roundTrip };
    }

    /**
     * Joins the cluster, as `listen()` of the server does. If it is `"degraded"`, starts an attempt at once.
     *
     * @returns resolves when values reach the other servers. Rejects with `ERR_CLUSTER_DEGRADED` if this attempt fails;
     *   further attempts follow. Rejects with `ERR_ABORTED` if the server leaves meanwhile
     * @example
     * await server.listen();
     * await server.cluster.join(); // only for those who need the engine to start
     */
    join(): Promise<void> {
        if (this.#state === "joined") return Promise.resolve();
        if (this.#attempt) return this.#attempt.promise;
        if (this.#state === "left") {
            this.#sender.reset(loadCrypto().randomBytes(6).toString("hex"));
            this.#receiver.reset(this.#sender.id);
            this.#requests.reset(this.#sender.id);
            this.#failures = 0;
            this.#state = "joining";
            const joined = this.#connect();
            publishClusterState(this, "joining"); // last: a subscriber may leave
            return joined;
        }
        return this.#connect();
    }

    /**
     * Leaves the cluster, as `close()` of the server does. The other servers are told.
     *
     * @returns resolves when the connection to the engine is closed, after at most two seconds
     */
    leave(): Promise<void> {
        if (this.#state === "left") return this.#left;
        const [link, attempt] = [this.#link, this.#attempt];
        if (this.#state === "degraded") this.#counters.endOutage();
        this.#state = "left"; // code of an engine may call any method
        this.#link = this.#attempt = undefined;
        this.#retry?.clear();
        this.#heartbeats.stop();
        this.#receiver.clear();
        const error = new SockhopError("The server has left the cluster", "ERR_ABORTED");
        this.#requests.leave(error);
        this.#sender.sendGoodbye();
        this.#sender.setLink(undefined);
        attempt?.reject(error);
        if (link) this.#left = link.close(error);
        const left = this.#left;
        publishClusterState(this, "left"); // a subscriber, or a listener of a signal, may join again
        this.#requests.abortHandlers(error);
        return left;
    }

    /**
     * Sends a request to one server, whose handler responds: see {@link Cluster.handle}.
     *
     * Rejects with
     * - `ERR_NO_MEMBER` if the server is not in the cluster, leaves it, or becomes silent
     * - `ERR_RESPONSE_TIMEOUT`, `ERR_ABORTED`: see the options; `ERR_ABORTED` also if this server leaves
     * - `ERR_CLUSTER_DEGRADED` if the engine does not work, or fails meanwhile
     * - `ERR_REQUEST_FAILED` if the handler fails, with its error in `error.remote`; `ERR_REQUEST_UNHANDLED` without a handler
     * - `ERR_MESSAGE_TOO_LARGE`, `ERR_BUFFER_FULL`, `ERR_MAX_PENDING`: limits of the engine and of the cluster
     * - `ERR_BAD_DATA`, `ERR_BAD_OPTION` for invalid arguments; only these two rejections need a handler
     *
     * @param member - a member, or its id; that of this server, too
     * @param value - `undefined` is sent as `{}`
     * @returns resolves to the response
     * @example const load = await server.cluster.ask(member, {}, { type: "load", timeout: 500 });
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- another server may send anything
    ask(member: ClusterMember | string, value?: unknown, options?: ClusterRequestOptions | null): Promise<any> {
        return this.#checked(options) ?? this.#requests.ask(member, value, options);
    }

    /**
     * Sends a request to all other servers, as `ask()` to each.
     *
     * A server that fails is one of the `failures`. Rejects with `ERR_CLUSTER_DEGRADED` if the engine does not work at the time
     * of the call, and with `ERR_BAD_DATA` and `ERR_BAD_OPTION`.
     *
     * @returns resolves when each server has responded or failed
     * @example const { answers, failures } = await server.cluster.ask_all({}, { type: "load", timeout: 500 });
     */
    ask_all(value?: unknown, options?: ClusterRequestOptions | null): Promise<ClusterResponses> {
        return this.#checked(options) ?? this.#requests.askAll(value, options);
    }

    /**
     * Sets the handler for requests of one type, of all servers. Its result is the response, one value.
     *
     * If it fails, the requester gets `ERR_REQUEST_FAILED` (see {@link Cluster.ask}), and the server emits `error`.
     *
     * @throws {@link SockhopError} `ERR_HANDLER_EXISTS` if the type has a handler, `ERR_BAD_OPTION` for invalid arguments
     * @example server.cluster.handle("load", (data, { member, signal }) => os.loadavg()[0]);
     */
    handle(type: string, handler: ClusterHandler): void {
        checkOwnPrefix(type);
        this.#requests.handle(type, handler);
    }

    /**
     * Removes the handler of a type. Does not end the requests that it is handling.
     *
     * @returns true if there was one
     */
    unhandle(type: string): boolean {
        checkOwnPrefix(type);
        return this.#requests.unhandle(type);
    }

    /**
     * Requests of the library itself.
     *
     * @internal
     */
    get _requests(): ClusterRequests {
        return this.#requests;
    }

    /** Rejects for a type of the library. */
    #checked(options: ClusterRequestOptions | null | undefined): Promise<never> | undefined {
        try {
            checkOwnPrefix(memberOf(options, "type"));
            return undefined;
        } catch (error) {
            return Promise.reject(error);
        }
    }

    /**
     * Sends a value to the other servers, in one message with all values of this tick.
     *
     * @param line - see {@link ClusterValues}
     * @param group - name of a group; all clients without it
     * @returns resolves when the engine has taken it, and at once in the state `"left"`. Rejects with
     *   `ERR_CLUSTER_DEGRADED`, `ERR_MESSAGE_TOO_LARGE`, `ERR_BUFFER_FULL` or `ERR_MAX_PENDING`
     *
     * @internal
     */
    spread(line: string, group?: string): Promise<void> {
        if (this.#state === "left") return Promise.resolve();
        return this.#sender.send(line, group, this.#state === "joined");
    }

    /**
     * Counts a value that cannot be sent to the other servers: they are told that they have missed it.
     *
     * @internal
     */
    skip(): void {
        if (this.#state !== "left") this.#sender.skip();
    }

    #connect(): Promise<void> {
        this.#retry?.clear();
        const attempt = (this.#attempt = new Deferred());
        this.#refusal = undefined;
        const { engine, name } = this.#settings;
        const topics = [`sockhop.${name}.all`, `sockhop.${name}.to.${this.#sender.id}`];
        this.#link = new ClusterLink(engine, topics, {
            opened: (link) => {
                if (link !== this.#link) return;
                this.#heartbeats.reset(this.#sender.number);
                this.#sender.setLink(link);
                this.#requests.setLink(link);
                this.#sendStatus("?");
            },
            heard: (link, topic, text) => {
                if (link !== this.#link || typeof text !== "string" || text.length > link.limit) return;
                if (topic === topics[0]) this.#onMessage(link, text);
                else if (topic === topics[1]) this.#onPackets(text);
            },
            lost: (link, error) => {
                if (link === this.#link) this.#onLost(error);
            },
        });
        return attempt.promise;
    }

    #onPackets(text: string): void {
        const message = this.#receiver.receiveApart(text);
        if (message) this.#requests.receive(message);
    }

    #onMessage(link: ClusterLink, text: string): void {
        const echo = this.#receiver.receive(text);
        if (!echo || link !== this.#link) return;
        if (echo.beat === 0) this.#heartbeats.onValueEcho(echo.number);
        else if (this.#heartbeats.onEcho(echo.beat) && this.#state !== "joined") this.#onJoined(link);
    }

    #onJoined(link: ClusterLink): void {
        link.confirm();
        const attempt = this.#attempt;
        this.#attempt = undefined;
        this.#receiver.members.resetSilence();
        this.#heartbeats.start(this.#settings.heartbeat);
        if (this.#state === "degraded") this.#counters.endOutage();
        this.#setState("joined");
        attempt?.resolve();
        if (link === this.#link) emitSafely(this, "joined");
    }

    /** Ends the link. */
    #onMute(): void {
        const link = this.#link;
        if (link) this.#end(link, this.#refusal ?? link.error("returns no heartbeats"));
    }

    #end(link: ClusterLink, error: SockhopError): void {
        link.end(error); // may call code of an engine
        if (link === this.#link) this.#onLost(error);
    }

    #onLost(error: SockhopError): void {
        const attempt = this.#attempt;
        this.#link = this.#attempt = undefined;
        this.#heartbeats.stop();
        this.#sender.setLink(undefined, error);
        this.#requests.setLink(undefined, error);
        this.#failures += 1;
        this.#retry = new Timer(() => void this.#connect(), delayAfter(this.#failures, RETRY)).unref();
        const isNew = this.#state !== "degraded";
        if (isNew) {
            this.#counters.beginOutage();
            this.#setState("degraded", error);
        }
        attempt?.reject(error);
        if (isNew && this.#state === "degraded") this.#reportOutage(error);
    }

    #reportOutage(error: SockhopError): void {
        if (this.listenerCount("degraded") > 0) {
            emitSafely(this, "degraded", error);
        } else if (!this.#hasWarned) {
            this.#hasWarned = true;
            const text = `${error.message} (add a "degraded" listener to server.cluster to see all outages)`;
            warn(text, { code: error.code });
        }
    }

    #beat(isHealthy: boolean): void {
        const link = this.#link;
        link?.beat();
        if (!link || link !== this.#link) return; // it takes no messages
        if (isHealthy) {
            this.#failures = 0;
            this.#refusal = undefined;
            this.#receiver.beat();
        }
        if (link === this.#link) this.#sendStatus("+");
    }

    /** Makes this server known to new ones, which do not handle requests of a stranger. */
    #introduce(): void {
        if (this.#owesStatus) this.#sendStatus("+");
    }

    /**
     * If the engine refuses the first messages, the attempt has failed: no echo will come, and the error says why. It may refuse
     * a later one by mistake, so then the missing echoes decide.
     */
    #sendStatus(kind: "?" | "+"): void {
        const link = this.#link;
        this.#owesStatus = false;
        this.#sender.sendStatus(kind, this.#heartbeats.next(), this.#host.clients).catch((error: unknown) => {
            if (!link || link !== this.#link) return;
            if (this.#state === "joined") this.#refusal = error as SockhopError;
            else this.#end(link, error as SockhopError);
        });
    }

    #setState(state: ClusterState, error?: SockhopError): void {
        this.#state = state;
        publishClusterState(this, state, error);
    }
}
