// Without a protocol: all values are allowed. Compiled as an ES module and as CommonJS, and run.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- as loose as that */
import { deepStrictEqual, strictEqual } from "node:assert";
import Sockhop, {
    type ClientOptions,
    ObjectBuffer,
    type Packet,
    type SockhopClient,
    SockhopError,
    type SockhopErrorCode,
    type SockhopResponseReadableStream,
    SockhopServer,
    type SockhopServer as Listening,
    SockhopSession,
    TimedMap,
} from "sockhop";

class Widget {
    constructor(readonly color: string) {}
}

class Visitor extends SockhopSession {
    visits = 0;

    override start(): Promise<void> {
        return Promise.resolve();
    }
}

// A user-defined class with its own event.
class Station extends SockhopServer<any, Visitor> {
    announce(): boolean {
        return this.emit("announcement", "mind the gap");
    }
}

async function main(): Promise<void> {
    strictEqual(Sockhop.server, SockhopServer);
    const server: Listening<any, Visitor> = new Station({ port: 0, session_type: Visitor });
    let heard = "";
    server.on("announcement", (text) => {
        heard = text;
    });
    strictEqual((server as Station).announce() && heard, "mind the gap");

    server.on("receive", (value, { type, session, callback }) => {
        session.visits += 1;
        callback?.(`${type} ${value.color}`);
    });
    server.on("request", async (request, response, { socket }) => {
        await response.write(request.data.from);
        await response.send(socket.remotePort);
    });
    server.on("error", (error, socket, session) => {
        process.stderr.write(`${error.message} ${socket?.remoteAddress} ${session?.buffered}`);
    });
    await server.listen();

    const options: ClientOptions = { port: server.get_bound_port()! };
    const client: SockhopClient = new Sockhop.client(options);
    client.on("reconnecting", (attempt, delay, error) => {
        process.stderr.write(`${attempt.toFixed()} ${delay.toFixed()} ${error?.message}`);
    });
    await client.connect();
    const answer = await new Promise((resolve) => {
        void client.send(new Widget("red"), resolve);
    });
    strictEqual(answer, "Widget red");

    const stream: SockhopResponseReadableStream = await client.request({ from: 1 }, { timeout: 5000 });
    const packets: Packet[] = [];
    for await (const packet of stream) packets.push(packet);
    strictEqual(packets[0]?.data, 1);
    strictEqual(packets[1]?.data, client.socket?.localPort);

    try {
        await client.send(undefined);
    } catch (error) {
        const code: SockhopErrorCode | undefined = error instanceof SockhopError ? error.code : undefined;
        strictEqual(code, "ERR_BAD_DATA");
    }

    const buffer = new ObjectBuffer();
    deepStrictEqual(buffer.buf2obj(buffer.obj2buf({ text: "é→😀" })!), [{ text: "é→😀" }]);
    strictEqual(new TimedMap().delete("nothing"), false);

    await client[Symbol.asyncDispose]();
    await server.close({ timeout: 1000 });
    process.stdout.write("loose: well\n");
}

void main();
