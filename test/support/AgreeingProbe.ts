import type { Connection } from "../../src/connection/Connection";
import { Agreement } from "../../src/mixins/Agreement";
import { Resume } from "../../src/mixins/Resume";
import { helloData } from "../../src/protocol/Hello";
import { TestEndpoint } from "./TestEndpoint";

/** Token of the peer. */
export const TOKEN = "0123456789abcdef";

const WithResume = Resume(TestEndpoint);

/** The smallest endpoint on which an end greets or answers. */
export class AgreeingProbe extends Agreement(WithResume) {
    readonly log: unknown[] = [];

    constructor(options: object = { codec: "binary" }) {
        super(options);
        this.on("receive", (value) => this.log.push(value));
        this.on("codec", (name) => this.log.push(["codec", name]));
    }

    hello(connection: Connection, codecs = ["binary"]): void {
        this.receive(connection, { type: "SockhopPong", data: helloData({ codecs, token: TOKEN }) });
    }

    close(connection: Connection): void {
        this._close(connection, { code: "CLOSED" });
    }

    protected _onInterrupted(): void {
        throw new Error("The options have no resume");
    }

    protected _onResumed(): void {
        this._onInterrupted();
    }
}
