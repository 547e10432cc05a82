import { later } from "./pair";

/** Replaces all listeners of a process event until the end of the test, because the listener of mocha fails the test. */
function listen(
    event: "uncaughtException" | "unhandledRejection" | "warning",
    listener: (reason: Error) => void,
): void {
    const earlier = process.rawListeners(event) as ((reason: Error) => void)[];
    process.removeAllListeners(event).on(event as "warning", listener);
    later(() => {
        process.off(event, listener);
        for (const each of earlier) process.on(event as "warning", each);
    });
}

/** Collects the warnings of this library from now on. They are not printed. */
export function warnings(): (Error & { code?: string })[] {
    const heard: Error[] = [];
    listen("warning", (warning) => {
        if (warning.name === "SockhopWarning") heard.push(warning);
    });
    return heard;
}

/** Resolves to the next uncaught exception, which mocha does not see. */
export async function uncaught(): Promise<Error> {
    return new Promise((resolve) => listen("uncaughtException", resolve));
}

/** Collects the reasons of unhandled rejections from now on. */
export function unhandled(): unknown[] {
    const reasons: unknown[] = [];
    listen("unhandledRejection", (reason) => reasons.push(reason));
    return reasons;
}
