import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import type { Envelope } from "../../src/protocol/Envelope";
import { type Message, toMessage } from "../../src/protocol/Message";
import type { TestSocket } from "./TestSocket";

/** Base of the endpoints with which a mixin is tested alone. */
export abstract class TestEndpoint extends Endpoint {
    open(socket: TestSocket): Connection {
        const connection = this._attach(socket.asSocket);
        this._onOpen(connection);
        return connection;
    }

    receive(connection: Connection, envelope: Envelope): void {
        this._onMessage(connection, toMessage(envelope) as Message);
    }

    destroy(connection: Connection): void {
        this._destroy(connection, { code: "CLOSED" });
    }

    protected override _receiveMeta(): object {
        return {};
    }
}
