/** A class that can be extended: what every mixin takes, and what it gives back. */
// The compiler demands exactly this type of a mixin's constructor (TS2545).
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Constructor<T = object> = abstract new (...args: any[]) => T;
