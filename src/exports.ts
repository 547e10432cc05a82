/// <reference types="node" preserve="true" />

import "./compat/privates";

export { SockhopClient, SockhopClient as client, SockhopClient as Client } from "./SockhopClient";
export { SockhopServer, SockhopServer as server, SockhopServer as Server } from "./SockhopServer";
export { SockhopSession, SockhopSession as session, SockhopSession as Session } from "./SockhopSession";
export { SockhopError, SockhopError as error, SockhopError as Error, type SockhopErrorCode } from "./SockhopError";
export { type ServerOrClient, listen_or_connect } from "./listenOrConnect";
export { path_of } from "./core/names";
export { ObjectBuffer, type ObjectBufferOptions } from "./core/ObjectBuffer";
export type { FramingOptions } from "./core/Framing";
export { type Packet, type ResponseEvents, SockhopResponseReadableStream } from "./core/ResponseReadableStream";
export { type Responder, SockhopResponseWriteableStream } from "./core/ResponseWriteableStream";
export { type RemovalReason, TimedMap, type TimedMapEntry } from "./core/TimedMap";
export { SockhopPing, SockhopPong } from "./protocol/SockhopPing";
export { type RemoteFailure, SockhopRequest, SockhopResponsePacket } from "./protocol/SockhopRequest";
export type { RemoteCallback } from "./core/Connection";
export type { Reply } from "./core/Messenger";
export type { ClientOptions, ServerOptions, SockhopOptions } from "./core/options";
export type { CallbackOptions } from "./core/RemoteCall";
export type { Stats } from "./core/Stats";
export type { ConnectionDiagnostics, MessageDiagnostics, RequestDiagnostics } from "./core/diagnostics";
export type { EndOptions } from "./core/ending";
export type { LimitOptions } from "./core/limits";
export type { QueueOptions } from "./core/OfflineQueue";
export type { WaitOptions } from "./core/Patience";
export type {
    ClientEvents,
    ClientOnlyEvents,
    Exchange,
    ReceiveMeta,
    RequestMeta,
    ServerEvents,
    ServerOnlyEvents,
    ServerReceiveMeta,
} from "./events";
export type { Direction, Protocol } from "./types";
export type { Pinging } from "./mixins/Ping";
export type { Reconnecting } from "./mixins/AutoReconnect";
export type { RequestOptions } from "./mixins/Requests";
export type { Sessioned } from "./mixins/Sessions";
