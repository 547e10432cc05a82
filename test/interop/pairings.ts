const OURS = "sockhop";

/** The published releases and their features: Unix domain sockets since 1.4.0, requests since 1.8.0. */
const RELEASES = [
    { release: "1.2.11", transports: ["TCP"], requests: false },
    { release: "1.3.5", transports: ["TCP"], requests: false },
    { release: "1.4.0", transports: ["TCP", "Unix"], requests: false },
    { release: "1.6.0", transports: ["TCP", "Unix"], requests: false },
    { release: "1.8.0", transports: ["TCP", "Unix"], requests: true },
    { release: "1.8.4", transports: ["TCP", "Unix"], requests: true },
] as const;

export type Role = "client" | "server";

/** A release at one end of a connection, and this library at the other. */
export interface Pairing {
    release: string;
    transport: "TCP" | "Unix";
    requests: boolean;
    /** The role of this library. */
    ours: Role;
    /** True if this library has the option `resume`, which no release knows. */
    resume?: true;
}

export const ROWS = RELEASES.flatMap(({ release, transports, requests }) =>
    transports.map((transport) => ({ release, transport, requests })),
);
export const PAIRINGS = ROWS.flatMap((row): Pairing[] => [
    { ...row, ours: "client" },
    { ...row, ours: "server" },
]);
/** Not in the table of docs/compatibility.md: everything must be as without the option. */
export const RESUME_PAIRINGS = PAIRINGS.filter(({ release }) => release === "1.4.0" || release === "1.8.4").map(
    (pairing): Pairing => ({ ...pairing, resume: true }),
);

/** The module for a role. */
export function moduleOf({ release, ours }: Pairing, role: Role): string {
    return role === ours ? OURS : `sockhop-${release}`;
}

export function title(pairing: Pairing): string {
    const { transport, resume } = pairing;
    const how = resume ? `${transport}, with resume` : transport;
    return `${moduleOf(pairing, "client")} client, ${moduleOf(pairing, "server")} server, ${how}`;
}
