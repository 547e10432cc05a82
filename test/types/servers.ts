// Types of the options `servers` and `reuse_port`. Nothing here runs: `npm run types` checks it.
import { expectTypeOf } from "expect-type";
import Sockhop, { type ClientOptions, type ServerAddress, type ServerOptions } from "../../src";

const servers: readonly ServerAddress[] = [
    { address: "a", port: 5000, servername: "a.example" },
    { port: 5000 },
    { path: "/run/a.sock" },
    { name: "a" },
];
const client = new Sockhop.client({ servers, auto_reconnect: true });

expectTypeOf(client.address).toBeString();
expectTypeOf(client.port).toBeNumber();
expectTypeOf(client.path).toEqualTypeOf<string | null>();
expectTypeOf<ClientOptions["servers"]>().toEqualTypeOf<readonly ServerAddress[] | undefined>();
expectTypeOf<ServerOptions["reuse_port"]>().toEqualTypeOf<boolean | undefined>();

// @ts-expect-error -- addresses are objects
new Sockhop.client({ servers: ["a:5000"] });
// @ts-expect-error -- a typing mistake
new Sockhop.client({ servers: [{ adress: "a" }] });
// @ts-expect-error -- true or false
new Sockhop.server({ reuse_port: 1 });
