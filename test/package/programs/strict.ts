// Compiled with `exactOptionalPropertyTypes`, and with declarations of its exports. Not run.
import Sockhop, { memory_engine } from "sockhop";
import { inspect } from "sockhop/inspect";

interface Chat {
    client: { messages: { Say: { text: string } }; requests: { Last: { data: object; answer: string } } };
    server: { messages: { Said: { text: string } } };
}

const server = new Sockhop.server({ port: undefined, cluster: memory_engine() });
const client = new Sockhop.client<Chat>({ port: undefined, name: undefined });
const group = server.group("lobby");

export const onServer = server.on.bind(server);
export const onceServer = new Sockhop.server<Chat>().once.bind(server);
export const onClient = client.on.bind(client);
export const emit = new Sockhop.client().emit.bind(client);
export const onCluster = server.cluster?.on.bind(server.cluster);
export const sent = [
    client.send.bind(client),
    client.ask.bind(client),
    server.sendall.bind(server),
    group.sendall.bind(group),
];
export const handlers = [client.handle.bind(client), server.handle.bind(server)];
export const messages = [client.messages(), server.messages()];
export const request = client.request({}, { type: "Last", timeout: undefined, signal: undefined });
export const inspection = inspect({ port: undefined, name: undefined, title: undefined });
