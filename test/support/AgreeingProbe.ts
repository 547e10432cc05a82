import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { Agreement } from "../../src/mixins/Agreement";
import { Resume } from "../../src/mixins/Resume";
import type { Envelope } from "../../src/protocol/Envelope";
import { helloData } from "../../src/protocol/Hello";
import { type Message, toMessage } from "../../src/protocol/Message";
import type { TestSocket } from "./TestSocket";

/** Token of the peer. */
export const TOKEN = "0123456789abcdef";

const WithResume = Resume(Endpoint);

/** The smallest endpoint on which an end greets or answers. */
export class AgreeingProbe extends Agreement(WithResume) {
    readonly log: unknown[] = [];

    constructor(options: object = { codec: "binary" }) {
        super(options);
        this.on("receive", (value) => this.log.push(value));
        this.on("codec", (name) => this.log.push(["codec", name]));
    }

    open(socket: TestSocket): Connection {
        const connection = this._attach(socket.asSocket);
        this._onOpen(connection);
        return connection;
    }

    receive(connection: Connection, envelope: Envelope): void {
        this._onMessage(connection, toMessage(envelope) as Message);
    }

    hello(connection: Connection, codecs = ["binary"]): void {
        this.receive(connection, { type: "SockhopPong", data: helloData({ codecs, token: TOKEN }) });
    }

    close(connection: Connection): void {
        this._close(connection, { code: "CLOSED" });
    }

    protected override _receiveMeta(): object {
        return {};
    }

    protected _onInterrupted(): void {
        throw new Error("The options have no resume");
    }

    protected _onResumed(): void {
        this._onInterrupted();
    }
}
