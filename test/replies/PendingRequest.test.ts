import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { SockhopError } from "../../src";
import type { RequestSpan } from "../../src/diagnostics/RequestSpan";
import type { Identified } from "../../src/codec/Encoder";
import { uuidOf } from "../../src/protocol/uuid";
import {
    type PendingRequest,
    PendingResponse,
    PendingStream,
    type RequestHost,
} from "../../src/replies/PendingRequest";
import type { PendingTable } from "../../src/replies/PendingTable";
import { TimerLists } from "../../src/timers/TimerLists";
import { turns } from "../support/eventLoop";
import { rejection } from "../support/pair";
import { unhandled } from "../support/rejections";

const TOKEN = "0123456789abcdef";
const BROKEN = new SockhopError("The connection is closed", "ERR_SOCKET_DESTROYED");
const REFUSED = new SockhopError("no", "ERR_REQUEST_FAILED");

/** A connection that remembers what a request does to it. */
class TestHost implements RequestHost {
    state = "open";
    readonly peer = "a peer";
    pausedFrames: unknown;
    isBehind = false;
    isInterrupted = false;
    requests: PendingTable<PendingRequest> | undefined;
    readonly bytesBefore = 0;
    readonly transfers = { wait: () => false };
    repliesEnded = 0;
    readonly cancels: Identified[] = [];

    endReply(): void {
        this.repliesEnded += 1;
    }

    sendCancel(request: Identified): void {
        this.cancels.push(request);
    }
}

for (const Request of [PendingStream, PendingResponse]) {
    describe(`PendingRequest (${Request.name})`, () => {
        let clock: FakeTimers.Clock;
        let host: TestHost;
        let request: PendingStream | PendingResponse;

        beforeEach(() => {
            clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
            host = new TestHost();
            request = new Request();
        });

        afterEach(() => {
            clock.uninstall();
        });

        /** What the caller waits for: the data of the response. */
        function result(): Promise<unknown> {
            if (request instanceof PendingResponse) return request.promise;
            request.sent();
            return request.promise
                .then((stream) => stream.next({ keep_open: true }))
                .then(({ data }) => data as unknown);
        }

        it("is found by its uuid while it is pending", () => {
            const { uuid } = request;
            request.attach(host);
            expect([host.requests?.get(uuid), host.requests?.size]).to.deep.equal([request, 1]);
        });

        it("is found by the number that an encoder of bytes has assigned", () => {
            request.assign(7, TOKEN);
            request.attach(host);
            expect([host.requests?.get(7), host.requests?.get("7")]).to.deep.equal([request, undefined]);
            expect(request.uuid).to.equal(uuidOf(TOKEN, 7));
            if (request instanceof PendingStream) expect(request.stream.uuid).to.equal(request.uuid);
            request.receive({ data: 1, last: true });
            expect(host.requests?.get(7)).to.equal(undefined);
        });

        it("resolves to the data of a last packet, and is not canceled", async () => {
            request.attach(host);
            const received = result();
            request.receive({ uuid: request.uuid, type: "Object", data: { a: 1 }, last: true });
            expect(await received).to.deep.equal({ a: 1 });
            expect([host.requests?.size, host.repliesEnded, host.cancels]).to.deep.equal([0, 1, []]);
        });

        it("resolves to {} for a packet without data", async () => {
            request.attach(host);
            const received = result();
            request.receive({ last: true });
            expect(await received).to.deep.equal({});
        });

        it("fails when the peer reports a failure, and is not canceled", async () => {
            request.attach(host);
            const received = result();
            request.onFailure(REFUSED);
            expect(await rejection(received)).to.equal(REFUSED);
            expect([host.requests?.size, host.repliesEnded, host.cancels]).to.deep.equal([0, 1, []]);
        });

        it("fails and cancels when its time has passed", async () => {
            request.attach(host);
            const received = result();
            request.limit(new TimerLists(), 100, undefined);
            clock.tick(100);
            expect(await rejection(received)).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
            expect(host.requests?.size).to.equal(0);
            expect(host.cancels).to.have.length(1);
            expect(host.cancels[0]).to.equal(request);
        });

        it("fails and cancels when its signal is aborted", async () => {
            const controller = new AbortController();
            request.attach(host);
            const received = result();
            request.limit(new TimerLists(), 100, controller.signal);
            controller.abort();
            expect(await rejection(received)).to.have.property("code", "ERR_ABORTED");
            expect([host.cancels.length, clock.countTimers()]).to.deep.equal([1, 0]);
        });

        it("fails without a cancel when its connection is closed", async () => {
            request.attach(host);
            const received = result();
            host.state = "closed";
            request.fail(BROKEN);
            expect(await rejection(received)).to.equal(BROKEN);
            expect([host.requests?.size, host.cancels]).to.deep.equal([0, []]);
        });

        it("fails before it is sent", async () => {
            request.fail(BROKEN);
            expect(await rejection(request.promise)).to.equal(BROKEN);
            expect(host.cancels).to.deep.equal([]);
        });

        it("fails once", async () => {
            request.attach(host);
            const received = result();
            request.fail(BROKEN);
            request.fail(REFUSED);
            request.onFailure(REFUSED);
            request.receive({ data: 1, last: true });
            expect(await rejection(received)).to.equal(BROKEN);
            expect([host.repliesEnded, host.cancels.length]).to.deep.equal([1, 1]);
        });

        it("leaves no timer after the response", () => {
            request.attach(host);
            request.limit(new TimerLists(), 100, undefined);
            request.receive({ data: 1, last: true });
            clock.tick(1000);
            expect(host.cancels).to.deep.equal([]);
        });

        it("notifies its queue when it fails while it is queued", () => {
            const errors: SockhopError[] = [];
            expect(request.isQueued).to.equal(false);
            request.onQueueError = (error) => errors.push(error);
            expect(request.isQueued).to.equal(true);
            request.fail(BROKEN);
            expect(errors).to.deep.equal([BROKEN]);
            void request.promise.catch(() => undefined);
        });

        it("ends its span, with the error if it failed", () => {
            const events: unknown[] = [];
            request.span = {
                failed: (error: Error) => events.push(error),
                ended: () => events.push("ended"),
            } as unknown as RequestSpan;
            request.attach(host);
            request.onFailure(REFUSED);
            expect(events).to.deep.equal([REFUSED, "ended"]);
        });

        it("causes no unhandled rejection when it fails after it was sent", async () => {
            const reasons = unhandled();
            request.attach(host);
            if (request instanceof PendingStream) request.sent();
            request.fail(BROKEN);
            await turns(3);
            expect(reasons).to.deep.equal([]);
        });
    });
}

describe("PendingStream", () => {
    it("resolves to its stream when the request is sent, and ends with the last packet", async () => {
        const host = new TestHost();
        const request = new PendingStream();
        request.attach(host);
        request.sent();
        const stream = await request.promise;
        expect(stream).to.equal(request.stream);
        expect(stream.uuid).to.equal(request.uuid);
        request.receive({ data: 1 });
        expect(host.requests?.size).to.equal(1);
        request.receive({ data: 2, last: true });
        expect(host.requests?.size).to.equal(0);
        expect((await stream.all()).map(({ data }) => data as unknown)).to.deep.equal([1, 2]);
    });

    it("cancels the request when the program ends the stream", () => {
        const host = new TestHost();
        const request = new PendingStream();
        request.attach(host);
        request.sent();
        request.stream.end();
        expect([host.requests?.size, host.cancels.length]).to.deep.equal([0, 1]);
    });

    it("waits for the write", () => {
        expect(new PendingStream().awaitsWrite).to.equal(true);
    });
});

describe("PendingResponse", () => {
    it("resolves to the first of several packets, and cancels the others", async () => {
        const host = new TestHost();
        const request = new PendingResponse();
        request.attach(host);
        request.receive({ data: 1 });
        request.receive({ data: 2, last: true });
        expect(await request.promise).to.equal(1);
        expect(host.cancels).to.have.length(1);
    });

    it("does not wait for the write", () => {
        expect(new PendingResponse().awaitsWrite).to.equal(false);
    });
});
