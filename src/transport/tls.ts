import type { Socket } from "node:net";
import type tls from "node:tls";
import { amend } from "../runtime/CallSite";
import { codeOf, messageOf, toError } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";

/**
 * Converts Node's error for a wrong type in `ssl_options` to `ERR_BAD_OPTION`. Adds the probable mistake to that of a text
 * that is no PEM. Returns other errors unchanged.
 */
export function asOptionError(thrown: unknown): Error {
    const error = toError(thrown);
    const code = codeOf(error);
    if (code === "ERR_OSSL_PEM_NO_START_LINE") {
        amend(error, `${error.message}: ssl_options need the contents of PEM files, not their names`);
    }
    if (!code?.startsWith("ERR_INVALID_ARG")) return error;
    return new SockhopError(error.message, "ERR_BAD_OPTION", { cause: error });
}

/** Options of a TLS server that give it an identity, or make one unnecessary. */
const IDENTITIES = ["cert", "pfx", "SNICallback", "pskCallback", "secureContext", "ciphers"];

/** True if a TLS server with these options may complete a handshake. */
export function hasCertificate(options: object): boolean {
    return IDENTITIES.some((name) => (options as Record<string, unknown>)[name]);
}

/** Texts for errors of a handshake at a server whose text from OpenSSL does not name the mistake. */
const SERVER_FAULTS: Readonly<Record<string, string>> = {
    ERR_SSL_WRONG_VERSION_NUMBER: "the client does not use TLS (see its options ssl and ssl_options)",
    ERR_SSL_HTTP_REQUEST: "the client sent an HTTP request without TLS",
    ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: "the server has no certificate for this client (see ssl_options.cert)",
    ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "the client sent no certificate (see its ssl_options.key and cert)",
    ERR_SSL_NO_SHARED_CIPHER: "the server has no certificate or cipher for this client (see ssl_options.cert)",
};

const NO_CERTIFICATE = "the server refused it: has it a certificate?";

/** The same at a client. */
const CLIENT_FAULTS: Readonly<Record<string, string>> = {
    ERR_SSL_WRONG_VERSION_NUMBER: "the server does not use TLS (see its options ssl and ssl_options)",
    ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: NO_CERTIFICATE,
    "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE": NO_CERTIFICATE, // its name in newer releases of OpenSSL
    ECONNRESET: "the server closed the connection: does it use TLS?",
};

/** Adds the mistake to an error of a TLS handshake at a server. The code and the other members stay those of Node. */
export function explainAtServer(error: Error): Error {
    return explainHandshake(error, SERVER_FAULTS);
}

/** Adds the mistake to an error of a TLS handshake at a client. */
export function explainAtClient(error: Error): Error {
    return explainHandshake(error, CLIENT_FAULTS);
}

function explainHandshake(error: Error, faults: Readonly<Record<string, string>>): Error {
    const fault = faults[codeOf(error) ?? ""];
    if (fault !== undefined) amend(error, `A TLS handshake failed: ${fault} (${messageOf(error).trim()})`);
    return error;
}

/**
 * Returns the TLS options; `undefined` if TLS is off.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function tlsOptions<O extends object>(ssl: boolean | undefined, options: O | undefined): O | undefined {
    if (options && typeof options !== "object") {
        throw new SockhopError("ssl_options must be an object", "ERR_BAD_OPTION");
    }
    return ssl || (options && Object.keys(options).length > 0) ? ({ ...options } as O) : undefined;
}

/** Fingerprint of the certificate of a peer; `undefined` if it has sent none, or does not use TLS. */
export function fingerprintOf(socket: Socket): string | undefined {
    const { getPeerCertificate } = socket as Partial<tls.TLSSocket>;
    const certificate = getPeerCertificate?.call(socket) as { fingerprint256?: string } | null | undefined;
    return certificate?.fingerprint256;
}
