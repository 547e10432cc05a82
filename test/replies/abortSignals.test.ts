import { expect } from "chai";
import { getEventListeners } from "node:events";
import { SockhopError } from "../../src";
import { type Abortable, unwatchSignal, watchSignal } from "../../src/replies/abortSignals";

/** A waiter that collects the errors it is aborted with. */
function waiter(): Abortable & { errors: SockhopError[] } {
    const errors: SockhopError[] = [];
    return { errors, abort: (error) => errors.push(error) };
}

function listeners(signal: AbortSignal): number {
    return getEventListeners(signal, "abort").length;
}

/** The error thrown by a function. */
function thrownBy(call: () => void): SockhopError & { cause?: unknown } {
    try {
        call();
    } catch (error) {
        return error as SockhopError;
    }
    throw new Error("The call was expected to throw");
}

/** The members of a signal of another implementation than node's. */
function handmade(more: object): AbortSignal {
    const members = {
        aborted: false,
        reason: "reason",
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
    };
    return Object.assign(members, more) as unknown as AbortSignal;
}

describe("watchSignal()", () => {
    it("aborts every waiter once, in order, with the reason of the signal", () => {
        const controller = new AbortController();
        const order: number[] = [];
        const waiters = [0, 1, 2].map((n) => {
            const each = waiter();
            return Object.assign(each, { abort: (error: SockhopError) => order.push(n) && each.errors.push(error) });
        });
        for (const each of waiters) watchSignal(controller.signal, each);
        controller.abort("enough");
        expect(order).to.deep.equal([0, 1, 2]);
        for (const { errors } of waiters) {
            expect(errors).to.have.length(1);
            expect(errors[0]).to.be.instanceOf(SockhopError).and.include({ code: "ERR_ABORTED", cause: "enough" });
        }
        expect(listeners(controller.signal)).to.equal(0);
    });

    it("uses one listener for all waiters of a signal", () => {
        const { signal } = new AbortController();
        const waiters = Array.from({ length: 50 }, waiter);
        for (const each of waiters) watchSignal(signal, each);
        expect(listeners(signal)).to.equal(1);
        for (const each of waiters) unwatchSignal(signal, each);
        expect(listeners(signal)).to.equal(0);
    });

    it("can be used again for a signal that had no waiters meanwhile", () => {
        const controller = new AbortController();
        const [first, second] = [waiter(), waiter()];
        watchSignal(controller.signal, first);
        unwatchSignal(controller.signal, first);
        watchSignal(controller.signal, second);
        controller.abort();
        expect([first.errors.length, second.errors.length]).to.deep.equal([0, 1]);
    });

    it("throws for an aborted signal, and aborts nothing", () => {
        const each = waiter();
        const error = thrownBy(() => watchSignal(AbortSignal.abort("before"), each));
        expect(error).to.include({ code: "ERR_ABORTED", cause: "before" });
        expect(each.errors).to.deep.equal([]);
    });

    it("throws for a value that is not a signal", () => {
        const values = [undefined, null, "signal", 5, {}, { addEventListener: () => undefined }];
        for (const value of values) {
            const error = thrownBy(() => watchSignal(value as unknown as AbortSignal, waiter()));
            expect(error).to.have.property("code", "ERR_BAD_OPTION");
        }
    });

    it("throws for a signal whose members throw, with their error as the cause", () => {
        const cause = new Error("of addEventListener()");
        const signal = handmade({
            addEventListener: () => {
                throw cause;
            },
        });
        expect(thrownBy(() => watchSignal(signal, waiter()))).to.include({ code: "ERR_BAD_OPTION", cause });
    });

    it("aborts also if the signal throws in removeEventListener", () => {
        let listener!: () => void;
        const reasonError = new Error("of reason");
        const signal = handmade({
            addEventListener: (_: string, added: () => void) => (listener = added),
            removeEventListener: () => {
                throw new Error("of removeEventListener()");
            },
        });
        Object.defineProperty(signal, "reason", {
            get: () => {
                throw reasonError;
            },
        });
        const each = waiter();
        watchSignal(signal, each);
        listener();
        expect(each.errors[0]).to.include({ code: "ERR_ABORTED", cause: reasonError });
    });
});

describe("unwatchSignal()", () => {
    it("keeps one waiter from being aborted, and no other", () => {
        const controller = new AbortController();
        const [removed, kept] = [waiter(), waiter()];
        watchSignal(controller.signal, removed);
        watchSignal(controller.signal, kept);
        unwatchSignal(controller.signal, removed);
        controller.abort();
        expect([removed.errors.length, kept.errors.length]).to.deep.equal([0, 1]);
    });

    it("can be called by a waiter that is being aborted, for itself and for others", () => {
        const controller = new AbortController();
        const second = waiter();
        const first: Abortable = {
            abort() {
                unwatchSignal(controller.signal, first);
                unwatchSignal(controller.signal, second);
            },
        };
        watchSignal(controller.signal, first);
        watchSignal(controller.signal, second);
        expect(() => controller.abort()).to.not.throw();
        expect(listeners(controller.signal)).to.equal(0);
    });

    it("does nothing for a signal without waiters", () => {
        expect(() => unwatchSignal(new AbortController().signal, waiter())).to.not.throw();
    });
});
