import { generate } from "selfsigned";

/** A private key and its certificate in PEM, as in `ssl_options`. */
export interface Identity {
    key: string;
    cert: string;
}

/** Elliptic curves: such keys are generated in a few milliseconds. */
const QUICK = { keyType: "ec", algorithm: "sha256" } as const;

const named = (name: string): { name: string; value: string }[] => [{ name: "commonName", value: name }];

/** An authority: its certificate signs others, and is a value for `ca`. */
export async function authority(name = "An authority"): Promise<Identity> {
    const { private: key, cert } = await generate(named(name), {
        ...QUICK,
        extensions: [
            { name: "basicConstraints", cA: true, critical: true },
            { name: "keyUsage", keyCertSign: true, critical: true },
        ],
    });
    return { key, cert };
}

/**
 * Creates a key and a certificate.
 *
 * @param name - common name
 * @param hosts - host names of the certificate, or IP addresses
 * @param ca - signing authority; self-signed by default
 */
export async function identity(name: string, hosts = ["localhost", "127.0.0.1"], ca?: Identity): Promise<Identity> {
    const altNames = hosts.map((host) =>
        /^[\d.]+$/.test(host) ? ({ type: 7, ip: host } as const) : ({ type: 2, value: host } as const),
    );
    const { private: key, cert } = await generate(named(name), {
        ...QUICK,
        ...(ca && { ca }),
        extensions: [
            { name: "basicConstraints", cA: false },
            { name: "subjectAltName", altNames },
        ],
    });
    return { key, cert };
}
