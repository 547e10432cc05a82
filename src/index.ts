export { SockhopClient, SockhopClient as client } from "./SockhopClient";
export { SockhopServer, SockhopServer as server } from "./SockhopServer";
export { SockhopError, SockhopError as error, type SockhopErrorCode } from "./SockhopError";
export { ObjectBuffer, type ObjectBufferOptions } from "./core/ObjectBuffer";
export { SockhopPing, SockhopPong } from "./protocol/SockhopPing";
export type { RemoteCallback } from "./core/Connection";
export type { Reply } from "./core/Endpoint";
export type { ClientOptions, ServerOptions, SockhopOptions } from "./core/options";
export type { ClientEvents, ReceiveMeta, ServerEvents, ServerReceiveMeta } from "./events";
export type { Pinging } from "./mixins/Ping";
export type { Reconnecting } from "./mixins/AutoReconnect";
/**
 * What `import Sockhop from "sockhop"` gives to programs whose compiler makes `require()` of it.
 *
 * @ignore
 */
export * as default from "./index";
