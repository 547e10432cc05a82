import { getSystemErrorMap } from "node:util";

/** Address in an error of the operating system: IP address and port, or path. */
export interface ErrorAddress {
    address: string;
    port?: number;
}

/**
 * Creates an error with the members and the text of an error of the operating system in Node, such as `ECONNREFUSED`.
 */
export function systemError(code: string, syscall: string, { address, port }: ErrorAddress): NodeJS.ErrnoException {
    const [errno, [, text]] = [...getSystemErrorMap()].find(([, [name]]) => name === code) ?? [0, [code, ""]];
    const reason = syscall === "connect" ? code : `${code}: ${text}`; // the wording of Node
    const target = port === undefined ? address : `${address}:${port}`;
    const members = { errno, code, syscall, address, ...(port !== undefined && { port }) };
    return Object.assign(new Error(`${syscall} ${reason} ${target}`), members);
}
