// With a protocol: sent and received values have types. Compiled as an ES module and as CommonJS, and run.
import { deepStrictEqual, strictEqual } from "node:assert";
import Sockhop, { type SockhopClient, type SockhopServer, SockhopSession } from "sockhop";

class Say {
    constructor(readonly text: string) {}
}

class Sum {
    constructor(readonly numbers: number[]) {}
}

class Said {
    constructor(
        readonly text: string,
        readonly by: number,
    ) {}
}

class History {
    constructor(readonly lines: number) {}
}

interface Line {
    line: string;
}

interface Chat {
    client: {
        messages: { Say: Say; Sum: Sum };
        replies: { Sum: number };
        requests: { History: { data: History; answer: Line } };
    };
    server: { messages: { Said: Said } };
}

class Visitor extends SockhopSession<Chat> {
    lines = 0;

    get others(): Visitor[] {
        return this.server.sessions.filter((session) => session !== this);
    }
}

async function main(): Promise<void> {
    const server: SockhopServer<Chat, Visitor> = new Sockhop.server({ port: 0, session_type: Visitor });
    const said: string[] = [];
    server.on("receive:Say", (say, { session }) => {
        said.push(say.text.trim());
        session.lines += 1 + session.others.length;
        void session.send(new Said(say.text, said.length));
    });
    server.on("receive:Sum", (sum, { callback }) => {
        callback?.(sum.numbers.reduce((total, number) => total + number));
    });
    server.on("request:History", async (request, response) => {
        for (const text of said.slice(-request.data.lines)) await response.write({ line: text });
        await response.end();
    });
    await server.listen();

    const client: SockhopClient<Chat> = new Sockhop.client<Chat>({ port: server.get_bound_port()! });
    await client.connect();
    const heard = new Promise<Said>((resolve) => client.once("receive:Said", resolve));
    await client.send(new Say("hello"));
    strictEqual((await heard).by.toFixed(), "1");

    const total = await new Promise<number>((resolve) => {
        void client.send(new Sum([2, 3]), resolve);
    });
    strictEqual(total, 5);

    const line: Line = await client.ask(new History(1));
    deepStrictEqual(line, { line: "hello" });
    const lines: string[] = [];
    for await (const { data } of await client.request(new History(1))) lines.push(data.line);
    deepStrictEqual(lines, ["hello"]);

    await client.disconnect();
    await server.close();
    process.stdout.write("protocol: well\n");
}

void main();
