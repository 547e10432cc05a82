/** Options of {@link inspect}. */
export interface InspectOptions {
    /** Port of 127.0.0.1 for the page; 0, the default, for any. */
    port?: number | undefined;
    /**
     * Name for `sockhop inspect --from NAME`, which serves the page. No port is opened then: the program listens on the
     * socket `NAME.inspect` of this user.
     */
    name?: string | undefined;
    /** Title of the page. Default: the name, or the file of the program. */
    title?: string | undefined;
}

/** Inspector of this program. */
export interface Inspection {
    /** Address of the page, with its token: who knows it can read all messages. `undefined` with the option `name`. */
    readonly url: string | undefined;
    /** Number of pages that are open now. */
    readonly pages: number;
    /** Ends the inspection, and closes the pages. */
    close(): Promise<void>;
}
