import { generate } from "selfsigned";

/** A private key and the certificate for it, in PEM: what `ssl_options` take. */
export interface Identity {
    key: string;
    cert: string;
}

/** Elliptic curves: such keys are made in a few milliseconds. */
const QUICK = { keyType: "ec", algorithm: "sha256" } as const;

const named = (name: string): { name: string; value: string }[] => [{ name: "commonName", value: name }];

/** An authority: its certificate signs others, and is what `ca` takes. */
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
 * Somebody with a certificate.
 *
 * @param name - whom it is for
 * @param hosts - names of hosts that it is good for; an IP address is one as well
 * @param ca - who signs it; the one it is for, if left out
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
