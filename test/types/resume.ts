// Types of connections that are resumed. Nothing here runs: `npm run types` checks it.
import type { Socket } from "node:net";
import { expectTypeOf } from "expect-type";
import Sockhop, {
    type FlushOptions,
    type ResumeInfo,
    type ResumeOptions,
    SockhopError,
    SockhopServer,
    SockhopSession,
} from "../../src";

class Visitor extends SockhopSession {
    user = "";

    override async resume(socket: Socket): Promise<boolean> {
        await this.flush();
        return this.resumable && socket.remoteAddress === "127.0.0.1" && super.resume(socket) === true;
    }
}

const resume: ResumeOptions = { timeout: 1, max_bytes: 2, max_messages: 3 };
const client = new Sockhop.client({ resume: true });
const server = new SockhopServer({ resume, max_suspended: 1, session_type: Visitor });

expectTypeOf(client.resumable).toBeBoolean();
expectTypeOf(client.flush()).toEqualTypeOf<Promise<void>>();
expectTypeOf(client.flush({ timeout: 1000, signal: AbortSignal.timeout(1) })).toEqualTypeOf<Promise<void>>();
expectTypeOf<Parameters<typeof client.flush>[0]>().toEqualTypeOf<FlushOptions | null | undefined>();
// @ts-expect-error -- milliseconds
void client.flush({ timeout: "1s" });

client.on("interrupted", (error, socket) => {
    expectTypeOf(error).toExtend<Error>();
    expectTypeOf(error.code).toEqualTypeOf<string | undefined>();
    expectTypeOf(socket).toEqualTypeOf<Socket>();
});
client.on("resumed", (info, socket) => {
    expectTypeOf(info).toEqualTypeOf<ResumeInfo>();
    expectTypeOf(info.missed + info.replayed + info.duration).toBeNumber();
    expectTypeOf(socket).toEqualTypeOf<Socket>();
});
server.on("interrupted", (_error, socket, session) => {
    expectTypeOf(socket).toEqualTypeOf<Socket>();
    expectTypeOf(session.user).toBeString();
});
server.on("resumed", (info, _socket, session) => {
    expectTypeOf(info).toEqualTypeOf<ResumeInfo>();
    expectTypeOf(session).toEqualTypeOf<Visitor>();
});
client.on("disconnect", (_socket, reason) => {
    expectTypeOf(reason.error?.code).toEqualTypeOf<string | undefined>();
    if (reason.code === "NOT_RESUMED") expectTypeOf(reason.error?.unacknowledged).toEqualTypeOf<number | undefined>();
});
client.flush().catch((error: unknown) => {
    if (error instanceof SockhopError) expectTypeOf(error.unacknowledged).toEqualTypeOf<number | undefined>();
});
