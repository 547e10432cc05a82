import path from "node:path";
import process from "node:process";
import { SockhopError, SockhopServer } from "../index";
import { checkMethodOptions } from "../diagnostics/unknownOptions";
import { SocketFile } from "../transport/unixSocket";
import { inspectorPath } from "./http/events";
import { Hub } from "./hub/Hub";
import { HubSource } from "./http/HubSource";
import type { InspectOptions, Inspection } from "./InspectOptions";
import { InspectServer } from "./http/InspectServer";
import { loadPage, version } from "./http/page";
import { ProgramFeed } from "./program/ProgramFeed";

const OPTIONS = ["port", "name", "title"];

/** Milliseconds after the last page is closed until the messages are forgotten: a page can be loaded again. */
const LINGER_MS = 5000;

/** The only inspector of this process that has not been closed. */
let current: Inspection | undefined;

/** See {@link InspectOptions}, and `entry.ts`. */
export async function inspect(options?: InspectOptions): Promise<Inspection> {
    const { port, name, title } = checked(options);
    const socketPath = name === undefined ? undefined : inspectorPath(name);
    const page = name === undefined ? loadPage() : undefined;
    if (current) throw new SockhopError("This program has an inspector already: close it first", "ERR_BAD_OPTION");
    const hub = new Hub({
        version: version(),
        form: "program",
        title: title ?? name ?? path.basename(process.argv[1] ?? "program"),
        canSend: false,
    });
    const feed = new ProgramFeed(hub);
    let linger: NodeJS.Timeout | undefined;
    hub.onWatch = (isWatched) => {
        clearTimeout(linger);
        if (isWatched) feed.start();
        else
            linger = setTimeout(() => {
                feed.stop();
            }, LINGER_MS).unref();
    };
    const server = new InspectServer(new HubSource(hub), page, name === undefined);
    let url: string | undefined;
    let file: SocketFile | undefined;
    const inspection: Inspection = {
        get url() {
            return url;
        },
        get pages() {
            return hub.watchers;
        },
        close: async () => {
            clearTimeout(linger);
            if (current === inspection) current = undefined;
            const close = (): Promise<void> => server.close();
            let closed: Promise<void> | undefined;
            file?.whileClosing(() => {
                closed = close();
            });
            await (closed ?? close());
            clearTimeout(linger); // the pages have just been closed
            feed.close();
        },
    };
    current = inspection;
    try {
        if (socketPath === undefined) url = await server.listen(port);
        else {
            await prepare(socketPath);
            await server.listenOn(socketPath);
            file = new SocketFile(socketPath);
        }
    } catch (error) {
        current = undefined;
        feed.close();
        throw error;
    }
    server.unref();
    return inspection;
}

/** Checks options. `null` counts as missing. */
function checked(options: InspectOptions | null | undefined): { port: number; name?: string; title?: string } {
    if (typeof (options ?? {}) !== "object") throw new SockhopError("options must be an object", "ERR_BAD_OPTION");
    checkMethodOptions(options, OPTIONS, "inspect");
    const { port, name, title } = (options ?? {}) as Record<keyof InspectOptions, unknown>;
    if (!isPort(port ?? 0)) throw new SockhopError("port must be a whole number from 0 to 65535", "ERR_BAD_OPTION");
    for (const [option, text] of Object.entries({ name, title }))
        if (typeof (text ?? "") !== "string") throw new SockhopError(`${option} must be a string`, "ERR_BAD_OPTION");
    return {
        port: (port ?? 0) as number,
        ...(typeof name === "string" && { name }),
        ...(typeof title === "string" && { title }),
    };
}

function isPort(port: unknown): boolean {
    return Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
}

/** Creates the folder of names, and removes the socket file of a killed process, as each server of the library does. */
async function prepare(socketPath: string): Promise<void> {
    const first = new SockhopServer({ path: socketPath });
    await first.listen();
    await first.close();
}
