import { expect } from "chai";
import { SockhopPing, SockhopPong, SockhopRequest, SockhopResponsePacket } from "../../src";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

class Widget {
    a = 1;
}

describe("control objects", () => {
    describe("SockhopPing", () => {
        it("has new values, or those of its argument", () => {
            const ping = new SockhopPing();
            expect(ping._id).to.match(UUID);
            expect(ping._created).to.be.instanceOf(Date);
            expect([ping._returned, ping._finished, ping.unanswered()]).to.deep.equal([null, null, true]);
            const fields = { _id: "i", _created: "c", _returned: "r", _finished: "f" };
            expect({ ...new SockhopPing(fields) }).to.deep.equal(fields);
            expect({ ...new SockhopPong(fields) }).to.deep.equal(fields);
        });

        it("ends only with its own pong", () => {
            const ping = new SockhopPing();
            ping.conclude_with_pong(new SockhopPong({ _id: "another" }));
            expect(ping.unanswered()).to.equal(true);
            ping.conclude_with_pong(new SockhopPong({ _id: ping._id, _returned: "r" }));
            expect([ping.unanswered(), ping._returned]).to.deep.equal([false, "r"]);
        });

        it("has a pong with its creation time", () => {
            const pong = new SockhopPong();
            expect([pong._id, pong._created, pong.finished]).to.deep.equal([null, null, null]);
            expect(pong._returned).to.be.instanceOf(Date);
        });
    });

    describe("SockhopRequest", () => {
        it("has default values", () => {
            const request = new SockhopRequest();
            expect(request.uuid).to.match(UUID);
            expect([request.data, request.type]).to.deep.equal([{}, "Object"]);
            expect(SockhopRequest.from_data(new Widget())).to.deep.include({ data: new Widget(), type: "Widget" });
            expect(SockhopRequest.parse({ uuid: "u", data: null })).to.deep.include({
                uuid: "u",
                data: null,
                type: "Object",
            });
        });

        it("is written as in 1.8", () => {
            expect(JSON.stringify(new SockhopRequest({ uuid: "u", data: new Widget() }))).to.equal(
                '{"uuid":"u","data":{"a":1},"type":"Widget"}',
            );
        });
    });

    describe("SockhopResponsePacket", () => {
        it("has default values", () => {
            expect(SockhopResponsePacket.parse({ uuid: "u" })).to.deep.include({
                data: {},
                type: "Object",
                last: false,
            });
            expect(SockhopResponsePacket.parse({}).uuid).to.match(UUID);
        });

        it("is written as in 1.8, with new members at the end", () => {
            expect(JSON.stringify(SockhopResponsePacket.for_data(new Widget(), "u", true))).to.equal(
                '{"uuid":"u","type":"Widget","data":{"a":1},"last":true}',
            );
            const packet = new SockhopResponsePacket({ uuid: "u", last: true, empty: true, cancel: true });
            expect(JSON.stringify(packet)).to.equal(
                '{"uuid":"u","type":"Object","data":{},"last":true,"empty":true,"cancel":true}',
            );
        });
    });
});
