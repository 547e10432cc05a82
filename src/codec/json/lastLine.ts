/** The text of these bytes; none where they are more than a string can hold. */
export function lastLine(bytes: Buffer): string {
    try {
        return bytes.toString();
    } catch {
        return "";
    }
}

/** Whether this is a whole JSON text. */
export function isJson(text: string): boolean {
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}
