import { expect } from "chai";
import { SockhopError } from "../../../src";
import type { RequestSpan } from "../../../src/diagnostics/RequestSpan";
import type { SockhopResponsePacket } from "../../../src/protocol/SockhopRequest";
import { OpenResponses } from "../../../src/replies/responses/OpenResponses";
import { type ResponseHost, ResponseSender } from "../../../src/replies/responses/ResponseSender";
import { SockhopResponseWriteableStream } from "../../../src/replies/responses/ResponseWriteableStream";

const UUID = "0b2d5a3e-1111-4222-8333-444455556666";
const BUFFER_FULL = new SockhopError("full", "ERR_BUFFER_FULL");

/** A connection that remembers the frames of a response. */
class TestHost implements ResponseHost {
    responses: OpenResponses | undefined = new OpenResponses();
    readonly written: string[] = [];
    repliesEnded = 0;
    error: SockhopError | undefined;
    beforeSend: (() => void) | undefined;
    readonly replyEncoder = {
        encodeResponse: (packet: Partial<SockhopResponsePacket>, hasUuid: boolean): string => {
            this.beforeSend?.();
            return JSON.stringify({ ...packet, hasUuid });
        },
    };

    replyError(): SockhopError | undefined {
        return this.error;
    }

    reply(frame: string): Promise<undefined> {
        this.written.push(frame);
        return Promise.resolve(undefined);
    }

    endReply(): void {
        this.repliesEnded += 1;
    }
}

describe("ResponseSender", () => {
    let host: TestHost;

    beforeEach(() => {
        host = new TestHost();
    });

    function create(uuid: unknown = UUID, errors: unknown = true, beforeSend?: () => void): ResponseSender {
        host.beforeSend = beforeSend;
        return new ResponseSender(host, uuid, uuid === UUID, errors);
    }

    it("sends packets with the uuid of the request, as the peer sent it", async () => {
        for (const uuid of [UUID, "other", 7]) {
            await create(uuid).transmit({ data: 1, last: false });
            const packet: unknown = JSON.parse(host.written.pop()!);
            expect(packet).to.deep.equal({ uuid, data: 1, last: false, hasUuid: uuid === UUID });
        }
    });

    it("has different keys for ids of different types", () => {
        expect(new Set([UUID, "7", 7, "number 7", "string 7", "true"].map((uuid) => create(uuid).key)).size).to.equal(
            6,
        );
        expect(create(7).key).to.equal(create(7).key);
    });

    it("sends errors only to a peer that requests them with `true`", () => {
        const flags = [true, false, undefined, null, 1, "true", {}];
        const accepted = flags.map((errors) => new ResponseSender(host, 1, false, errors));
        expect(accepted.map(({ errors }) => errors)).to.deep.equal([true, ...Array<boolean>(6).fill(false)]);
    });

    it("throws if the connection accepts no more replies", () => {
        host.error = BUFFER_FULL;
        expect(() => create().transmit({ data: 1 })).to.throw(BUFFER_FULL.message);
        expect(host.written).to.deep.equal([]);
    });

    it("throws if the value ends the response while it is encoded", () => {
        const sender: ResponseSender = create(UUID, true, () => {
            sender.finished();
        });
        expect(() => sender.transmit({ data: 1 }))
            .to.throw(SockhopError)
            .with.property("code", "ERR_RESPONSE_SEND");
        expect(host.written).to.deep.equal([]);
    });

    it("removes itself from the open responses when the response has ended", () => {
        for (const uuid of [UUID, 7]) {
            const sender = create(uuid);
            host.responses?.add(sender.key, new SockhopResponseWriteableStream());
            sender.finished();
            expect(host.responses?.size).to.equal(0);
        }
        expect(host.repliesEnded).to.equal(2);
    });

    it("ends on a connection that never had an open response", () => {
        host.responses = undefined;
        create().finished();
        expect(host.repliesEnded).to.equal(1);
    });

    describe("with a span", () => {
        let events: unknown[];

        function traced(): ResponseSender {
            events = [];
            const sender = create();
            sender.span = {
                failed: ({ message }: Error) => events.push(message),
                ended: () => events.push("ended"),
            } as unknown as RequestSpan;
            return sender;
        }

        it("ends the span", async () => {
            const sender = traced();
            await sender.transmit({ data: 1, last: true });
            sender.finished();
            expect(events).to.deep.equal(["ended"]);
        });

        it("reports the error that it sends", async () => {
            const sender = traced();
            await sender.transmit({ data: {}, last: true, error: { code: "ERR_REQUEST_FAILED", message: "no" } });
            sender.finished();
            expect(events).to.deep.equal(["no", "ended"]);
        });

        it("reports the reason of an abort", () => {
            traced().finished(new Error("closed"));
            expect(events).to.deep.equal(["closed", "ended"]);
        });
    });
});
