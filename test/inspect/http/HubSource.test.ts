import { expect } from "chai";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { Hub } from "../../../src/inspect/hub/Hub";
import { HubSource } from "../../../src/inspect/http/HubSource";

/** A response to a page that reads when the test says so. */
class SlowResponse extends EventEmitter {
    readonly socket = null;
    readonly events: string[] = [];
    writableLength = 0;
    last: string | Buffer = "";

    writeHead(): this {
        return this;
    }

    write(text: string | Buffer): boolean {
        this.last = text;
        for (const [, name] of text.toString().matchAll(/^event: (\w+)/gm)) this.events.push(name!);
        return true;
    }
}

describe("HubSource", () => {
    it("leaves out updates for a page that does not read, and then begins again", () => {
        const hub = new Hub({ version: "1", form: "tap", title: "x", canSend: false });
        const response = new SlowResponse();
        new HubSource(hub).addViewer(response as unknown as ServerResponse);
        hub.update();
        expect(response.events.splice(0)).to.deep.equal(["hello", "update", "update"]);
        response.writableLength = 17 * 2 ** 20;
        hub.update();
        hub.update();
        expect(response.events).to.deep.equal([]);
        response.writableLength = 0;
        hub.update();
        hub.update();
        expect(response.events).to.deep.equal(["gap", "hello", "update", "update"]);
        response.emit("close");
        expect(hub.isWatched).to.equal(false);
    });

    it("writes the same bytes to all pages, so that their number costs no memory", () => {
        const hub = new Hub({ version: "1", form: "tap", title: "x", canSend: false });
        const source = new HubSource(hub);
        const pages = [new SlowResponse(), new SlowResponse()];
        for (const page of pages) source.addViewer(page as unknown as ServerResponse);
        hub.update();
        const [first, second] = pages.map(({ last }) => last);
        expect(first).to.be.instanceOf(Buffer);
        expect(first).to.equal(second);
    });
});
