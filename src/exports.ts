/// <reference types="node" preserve="true" />

import { defineLegacyMembers } from "./legacyMembers";

defineLegacyMembers();

export { SockhopClient, SockhopClient as client, SockhopClient as Client } from "./client/SockhopClient";
export { SockhopServer, SockhopServer as server, SockhopServer as Server } from "./server/SockhopServer";
export { SockhopSession, SockhopSession as session, SockhopSession as Session } from "./server/SockhopSession";
export {
    SockhopError,
    SockhopError as error,
    SockhopError as Error,
    type RemoteError,
    type ErrorWithCode,
    type SockhopErrorCode,
} from "./SockhopError";
export { type ServerOrClient, listen_or_connect } from "./listenOrConnect";
export { path_of } from "./transport/namedSocket";
export { memory_engine } from "./cluster/engine/MemoryEngine";
export type { Cluster } from "./cluster/Cluster";
export type { ClusterEvents, ClusterState, ClusterStats } from "./cluster/ClusterEvents";
export type { ClusterOptions } from "./cluster/ClusterOptions";
export type { ClusterRequestOptions, ClusterResponses } from "./cluster/requests/ClusterRequests";
export type { ClusterHandler } from "./cluster/requests/MemberResponses";
export type { ClusterHandlerContext } from "./cluster/requests/OpenRequest";
export type { ClusterMember } from "./cluster/Members";
export type { ClusterMissedDiagnostics, ClusterStateDiagnostics } from "./diagnostics/clusterChannels";
export { ObjectBuffer, type ObjectBufferOptions, type FramingOptions } from "./codec/ObjectBuffer";
export type { ValueCodec, ValueOptions } from "./codec/ValueOptions";
export {
    type Packet,
    type ResponseEvents,
    SockhopResponseReadableStream,
} from "./replies/responses/ResponseReadableStream";
export { type Responder, SockhopResponseWriteableStream } from "./replies/responses/ResponseWriteableStream";
export { type RemovalReason, TimedMap, type TimedMapEntry } from "./timers/TimedMap";
export { SockhopPing, SockhopPong } from "./protocol/SockhopPing";
export { type RemoteFailure, SockhopRequest, SockhopResponsePacket } from "./protocol/SockhopRequest";
export type { RemoteCallback, Reply } from "./replies/PendingReply";
export type { ClientOptions } from "./client/ClientOptions";
export type { ConnectOptions } from "./client/connecting/ConnectWait";
export type { FlushOptions } from "./mixins/FlushLimit";
export type { BroadcastOptions, Recipient } from "./server/broadcasts/BroadcastOptions";
export type { Group } from "./server/Group";
export type { ServerOptions, SessionClass } from "./server/ServerOptions";
export type { SockhopOptions } from "./endpoint/options";
export type { CallbackOptions, SendOptions } from "./replies/PendingCallback";
export type { Engine, EngineLink } from "./cluster/engine/Engine";
export type { Stats } from "./diagnostics/Stats";
export type {
    ConnectionDiagnostics,
    ErrorDiagnostics,
    MessageDiagnostics,
    ResumeDiagnostics,
} from "./diagnostics/channels";
export type { RequestDiagnostics } from "./diagnostics/RequestSpan";
export type { DisconnectCode, DisconnectReason } from "./connection/DisconnectReason";
export type { EndOptions } from "./connection/GracefulClose";
export type { LimitOptions } from "./connection/limits";
export type { ResumeOptions } from "./connection/resume/resumeOptions";
export type { ServerAddress } from "./client/connecting/ServerList";
export type { QueueOptions } from "./client/queue/OfflineQueue";
export type { WaitOptions } from "./replies/ReplyTimeout";
export type { MessagesOptions } from "./endpoint/MessageStream";
export type { ClientEvents, ClientMessage, ClientNamedEvents, ClientOnlyEvents } from "./client/ClientEvents";
export type { Exchange, ReceiveMeta } from "./endpoint/events";
export type { Handler, HandlerContext, HandlerResult } from "./endpoint/Handler";
export type {
    RequestMeta,
    ServerEvents,
    ServerHandlerContext,
    ServerMessage,
    ServerNamedEvents,
    ServerOnlyEvents,
    ServerReceiveMeta,
} from "./server/ServerEvents";
export type { Class, Classes, Direction, Protocol } from "./Protocol";
export type { Pinging } from "./mixins/Ping";
export type { Handling } from "./mixins/Handlers";
export type { Reconnecting } from "./mixins/AutoReconnect";
export type { ResumeInfo } from "./mixins/Resume";
export type { RequestOptions } from "./mixins/Requests";
export type { Sessioned } from "./server/SockhopSession";
export type { GroupCount, GroupMember, GroupMembers } from "./server/cluster/Presence";
export type { RemoteSendOptions, RemoteSession } from "./server/cluster/RemoteSession";
