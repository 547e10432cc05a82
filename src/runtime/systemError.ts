import { getSystemErrorMap } from "node:util";

/** Place that an error of the system is about. */
export interface ErrorPlace {
    address: string;
    port?: number;
}

/** Error with the members and the text that Node gives to an error of the system, such as `ECONNREFUSED`. */
export function systemError(code: string, syscall: string, { address, port }: ErrorPlace): NodeJS.ErrnoException {
    const [errno, [, text]] = [...getSystemErrorMap()].find(([, [name]]) => name === code) ?? [0, [code, ""]];
    const what = syscall === "connect" ? code : `${code}: ${text}`; // as Node words them
    const where = port === undefined ? address : `${address}:${port}`;
    const members = { errno, code, syscall, address, ...(port !== undefined && { port }) };
    return Object.assign(new Error(`${syscall} ${what} ${where}`), members);
}
