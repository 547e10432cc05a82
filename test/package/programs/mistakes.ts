// Each line under @ts-expect-error must be a compile error. Compiled, but not run.
/* eslint-disable @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- ESLint does not know what to make of it */
import Sockhop, { SockhopError } from "sockhop";

class Say {
    constructor(readonly text: string) {}
}

class Sum {
    constructor(readonly numbers: number[]) {}
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
}

interface Names {
    client: {
        messages: { up: Line; down: Line };
        replies: { up: number; down: string };
        requests: { load: { data: Line; answer: number }; name: { data: Line; answer: string } };
    };
}

export async function names(): Promise<void> {
    const client = new Sockhop.client<Names>();
    const line = { line: "a" };

    const load: number = await client.ask(line, { type: "load" });
    // @ts-expect-error: a name is a string
    const name: number = await client.ask(line, { type: "name" });
    // @ts-expect-error: misspelt
    await client.ask(line, { type: "naem" });
    await client.send(line, (reply) => reply.toFixed(load + name), { type: "up" });
    // @ts-expect-error: the reply to down is a string
    await client.send(line, (reply) => reply.toFixed(), { type: "down" });
}

export async function protocol(): Promise<void> {
    const server = new Sockhop.server<Chat>();
    const client = new Sockhop.client<Chat>();

    // @ts-expect-error: no message of clients
    await client.send({ something: "else" });
    // @ts-expect-error: the text of Say is a string
    await client.send({ text: 5 });
    // @ts-expect-error: servers have no messages
    await server.sendall(new Say("hello"));
    // @ts-expect-error: a sum is a number
    await client.send(new Sum([1]), (reply: string) => reply.trim());
    // @ts-expect-error: the protocol has no reply to Say
    await client.send(new Say("hello"), () => undefined);
    // @ts-expect-error: a request is not a message
    await client.send(new History(5));
    // @ts-expect-error: no request of clients
    await client.ask(new Say("hello"));
    // @ts-expect-error: a Line is no number
    const answer: number = await client.ask(new History(5));

    // @ts-expect-error: misspelt
    server.on("receive:Sya", () => undefined);
    // @ts-expect-error: misspelt
    client.once("recieve", () => undefined);
    // @ts-expect-error: misspelt
    new Sockhop.client<{ clent: Chat["client"] }>();
    // @ts-expect-error: misspelt
    new Sockhop.client<{ client: { message: { Say: Say } } }>();
    server.on("receive:Say", (say) => {
        // @ts-expect-error: Say has no such member
        return say.numbers;
    });
    server.on("request:History", (request, response) => {
        // @ts-expect-error: History has no such member
        if (request.data.text) return response.send({ line: answer.toFixed() });
        // @ts-expect-error: the answer is a Line
        return response.send("not a line");
    });
}

export function anyway(): void {
    // @ts-expect-error: a port is a number
    new Sockhop.server({ port: "50000" });
    // @ts-expect-error: there is no such option
    new Sockhop.client({ adress: "127.0.0.1" });
    // @ts-expect-error: the class itself is no server
    Sockhop.server.listen();
    // @ts-expect-error: there is no such code
    new SockhopError("text", "ERR_WHATEVER");
}
