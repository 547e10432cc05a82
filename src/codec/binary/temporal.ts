/** Temporal classes of newer versions of Node.js. */
const TEMPORAL_CLASSES = [
    ...["Instant", "ZonedDateTime", "PlainDate", "PlainTime", "PlainDateTime", "PlainYearMonth", "PlainMonthDay"],
    "Duration",
];

interface TemporalClass {
    from(text: string): object;
    readonly prototype: { toString(): string };
}

/** Returns the class of a name, if this version of Node.js has it. */
export function temporalClass(name: string): TemporalClass | undefined {
    const { Temporal } = globalThis as { Temporal?: Record<string, TemporalClass | undefined> };
    return TEMPORAL_CLASSES.includes(name) ? Temporal?.[name] : undefined;
}

/** Returns the name of the class of a value; `undefined` if it has no class of Temporal. */
export function temporalNameOf(value: object): string | undefined {
    return TEMPORAL_CLASSES.find((name) => {
        const type = temporalClass(name);
        return type && Object.prototype.isPrototypeOf.call(type.prototype, value);
    });
}
