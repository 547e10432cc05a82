import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { SockhopSession } from "../SockhopSession";
import type { SockhopPing } from "../protocol/SockhopPing";
import { FrameReader, type FrameSink } from "./FrameReader";
import type { Framing } from "./Framing";
import { Outbox } from "./Outbox";
import type { RemoteCall } from "./RemoteCall";
import type { RemoteRequest } from "./RemoteRequest";
import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";
import type { Waiting } from "./Waiting";
import { publishSent } from "./diagnostics";
import { Ending } from "./ending";
import type { Limits } from "./limits";

/** What is called with the answer to a message. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the peer has answered
export type RemoteCallback<Answer = any> = (value: Answer, meta: { type: string }) => void;

/** A message that wants an answer, from the call to the answer. */
export interface Question {
    /** Whether somebody waits until it has been sent, and not only for the answer. */
    readonly tracked: boolean;
    /** Called when it fails. There for those who have it before there is a connection. */
    abandoned: ((error: SockhopError) => void) | undefined;
    /** From now on the answer may come over this connection. */
    attach(connection: Connection): void;
    /** The answer will not come. */
    fail(error: SockhopError): void;
}

/** All that is remembered about one socket. It goes when the connection goes, and what it holds goes with it. */
export class Connection implements FrameSink {
    /** Cuts what this socket receives. */
    readonly reader: FrameReader;
    /** `open` between the `connect` and the `disconnect` event; `closed` for good as soon as the end is known. */
    state: "pending" | "open" | "closed" = "pending";
    /** When it was opened, on the clock of `performance.now()`. */
    openedAt = NaN;
    /** What the connection failed with, or is about to. */
    error: Error | undefined;
    /** What waits to be sent. */
    readonly outbox: Outbox;
    /** Bytes that have come in. */
    received = 0;
    /** The newest pings. */
    pings: SockhopPing[] = [];
    /** Rounds of pings in which nothing was heard of the peer, since what was heard last. See {@link Ping}. */
    quietRounds = 0;
    heard = -1;
    /** Rounds in which the same frame was found unfinished, and the number of that frame. See {@link FrameWatch}. */
    unfinishedRounds = 0;
    unfinishedFrame = -1;
    /** Callbacks that wait for an answer, by the id of their question. */
    callbacks: Waiting<RemoteCall> | undefined;
    /** Answers that we wait for, by the uuid of their request. */
    requests: Waiting<RemoteRequest> | undefined;
    /** Answers that the peer waits for, by the uuid of its request; without those that their handlers give at once. */
    responses: Map<string, SockhopResponseWriteableStream> | undefined;
    /** How many answers there have been in this Map. */
    #responded = 0;
    /** Questions of the peer that may still be answered, and requests whose handlers are being called. */
    unanswered = 0;
    /** Milliseconds that the last ping has taken which was answered. */
    roundTrip: number | undefined;
    /** When the newest ping was sent, on the clock of `performance.now()`. */
    pingedAt = NaN;
    /** No further requests are taken: the connection waits for answers under way, and then ends. */
    draining = false;
    /** On a server: what the user keeps here. */
    session: SockhopSession | undefined;
    /** On a server: whether `start()` of the session has resolved, so that the connection counts. */
    listed = false;
    /** On a server: settles when `end()` of the session has; there once it was called. */
    sessionEnded: Promise<unknown> | undefined;
    #ending: Ending | undefined;
    readonly #limits: Limits;
    #settled: (() => void)[] | undefined;

    constructor(
        readonly socket: Socket,
        /** The client or server. */
        readonly endpoint: object,
        readonly framing: Framing,
        limits: Limits,
    ) {
        this.reader = new FrameReader(framing);
        this.#limits = limits;
        this.outbox = new Outbox(socket, limits);
    }

    /** Sends a frame; see {@link Outbox.push}. */
    write(frame: string): Promise<undefined> {
        publishSent(this, frame);
        return this.outbox.push(frame);
    }

    /** Sends a frame whose fate nobody waits for. */
    post(frame: string): void {
        publishSent(this, frame);
        this.outbox.post(frame);
    }

    /** Answers that we wait for. */
    get pending(): number {
        return (this.callbacks?.size ?? 0) + (this.requests?.size ?? 0);
    }

    /** Why no further answer can be waited for, if that is so. */
    tooMany(): SockhopError | undefined {
        if (this.pending < this.#limits.pending) return undefined;
        const message = `This connection waits for ${this.pending} answers already (max_pending)`;
        return new SockhopError(message, "ERR_MAX_PENDING");
    }

    /** A frame cannot be read, so that the connection has to end, when what has come before it has been dealt with. */
    unreadable(error: SockhopError): void {
        this.error ??= error;
    }

    /** The peer waits for one more answer. The Map is replaced now and then, since its tables live on: see {@link Waiting}. */
    respond(response: SockhopResponseWriteableStream): void {
        this.responses ??= new Map();
        this.#responded += 1;
        if (this.#responded > 1000 + 4 * this.responses.size) {
            this.responses = new Map(this.responses);
            this.#responded = 0;
        }
        this.responses.set(response.uuid, response);
    }

    /** Whether the peer may have one more request open here. */
    get receptive(): boolean {
        return !this.draining && (this.responses?.size ?? 0) < this.#limits.pending;
    }

    /** Resolves when no answer is under way, in either direction, or when the connection has gone. */
    drained(): Promise<void> {
        return new Promise((resolve) => {
            (this.#settled ??= []).push(resolve);
            this.answered();
        });
    }

    /** An answer is not under way any more. */
    answered(): void {
        if (!this.#settled) return;
        if (this.state !== "closed" && this.pending + (this.responses?.size ?? 0) + this.unanswered > 0) return;
        for (const settled of this.#settled.splice(0)) settled();
    }

    /**
     * Closes the socket in good order. Resolves when it is gone.
     *
     * @param limit - milliseconds; another call can only shorten it
     */
    end(limit: number): Promise<undefined> {
        this.#ending ??= new Ending(this.socket);
        this.#ending.within(limit);
        return this.#ending.promise;
    }
}
