/** Class to extend: the parameter and the result of every mixin. TypeScript requires exactly this type (TS2545). */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Constructor<T = object> = abstract new (...args: any[]) => T;
