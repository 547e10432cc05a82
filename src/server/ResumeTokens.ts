import type { Connection } from "../connection/Connection";
import { loadCrypto } from "../runtime/builtins";

/** Bytes of a token. */
const TOKEN_BYTES = 16;

/** Number of bytes of a hash by which a connection is found. */
const KEY_BYTES = 6;

/**
 * Tokens with which clients resume their connections. A connection is found by the hash of its token, and the token is then
 * compared in constant time, so that the time of a refusal tells nothing. A wrong token leaves no trace.
 */
export class ResumeTokens {
    readonly #connections = new Map<number, Connection>();

    /** Creates a token that cannot be guessed. */
    create(): string {
        return loadCrypto().randomBytes(TOKEN_BYTES).toString("hex");
    }

    add(token: string, connection: Connection): void {
        this.#connections.set(keyOf(token), connection);
    }

    delete(token: string | undefined): void {
        if (token !== undefined) this.#connections.delete(keyOf(token));
    }

    /** Connection of a token of a client; `undefined` if there is none. */
    find(token: string): Connection | undefined {
        const connection = this.#connections.get(keyOf(token));
        const resumption = connection?.resumption;
        if (!resumption || resumption.isOver || !connection.isAlive) return undefined;
        const { timingSafeEqual } = loadCrypto();
        const given = Buffer.from(token);
        const isEqual = [resumption.token, resumption.previousToken].some((own) => {
            const expected = Buffer.from(own ?? "");
            return expected.length === given.length && timingSafeEqual(expected, given);
        });
        return isEqual ? connection : undefined;
    }
}

/** A number, which needs less memory than a text. Only tokens of this server become keys, so a peer cannot choose equal ones. */
function keyOf(token: string): number {
    return loadCrypto().createHash("sha256").update(token).digest().readUIntBE(0, KEY_BYTES);
}
