import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Path of the browser. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];

/** Window sizes, in CSS pixels. */
export const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

export type Size = keyof typeof SIZES;
export type Scheme = "light" | "dark";

/** Installs Chromium from the packages of Debian or Ubuntu if it is missing. */
export function installChromium(): void {
    if (existsSync(CHROMIUM)) return;
    try {
        if (process.getuid?.() !== 0) throw new Error("only root can install it");
        execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit" });
        const install = ["install", "-y", "-qq", "--no-install-recommends", "chromium"];
        execFileSync("apt-get", install, { stdio: "inherit" });
    } catch (error) {
        const advice = "Install Chromium (Debian: apt-get install chromium), or set CHROMIUM to the path of one";
        throw new Error(`There is no ${CHROMIUM}. ${advice}.`, { cause: error });
    }
}
