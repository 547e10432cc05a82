import FakeTimers from "@sinonjs/fake-timers";
import { turns } from "./eventLoop";
import { later } from "./leftovers";

/** Fakes timeouts and intervals until the end of the test. */
export function fakeTime(): FakeTimers.Clock {
    const clock = FakeTimers.install({
        toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    });
    later(() => clock.uninstall());
    return clock;
}

/** Lets the time of a fake clock pass until a promise settles, and the event loop run meanwhile. Resolves as the promise. */
export async function passTime<T>(clock: FakeTimers.Clock, promise: Promise<T>): Promise<T> {
    let isSettled = false as boolean;
    const settled = promise.finally(() => (isSettled = true));
    settled.catch(() => undefined); // it is awaited below
    for (;;) {
        await turns(3); // what is already on its way arrives
        if (isSettled) return settled;
        clock.tick(10);
    }
}

/** Lets time pass until a promise settles. Resolves to the duration on the fake clock, in milliseconds. */
export async function timeOf(clock: FakeTimers.Clock, promise: Promise<unknown>): Promise<number> {
    const start = clock.now;
    await passTime(clock, promise);
    return clock.now - start;
}
