/**
 * Broker that joins the servers of a cluster, such as Redis or NATS. It only transports: time limits, retries, health and
 * members are the business of the {@link Cluster}.
 *
 * Contract: the messages of one publisher to one topic arrive in order, also at the publisher itself. A message is text
 * of at most `limit` bytes in UTF-8. A message may be lost, and may arrive twice.
 */
export interface Engine {
    /** Name for messages, such as `"redis"`. */
    readonly name?: string | undefined;
    /**
     * Makes one connection. It is subscribed to the topics when the promise resolves. It never connects again, and
     * queues nothing.
     *
     * @param heard - called for each message on one of the topics
     * @param lost - called once, when the connection has ended by itself
     */
    connect(
        topics: readonly string[],
        heard: (topic: string, text: string) => void,
        lost: (error: Error) => void,
    ): Promise<EngineLink>;
}

/** One connection to the broker of an {@link Engine}. */
export interface EngineLink {
    /** Number of bytes of the largest message. */
    readonly limit: number;
    /**
     * Sends a message to all who have subscribed to the topic.
     *
     * @returns resolves when the broker has taken it
     */
    publish(topic: string, text: string): Promise<unknown>;
    /** Ends the connection. `heard` and `lost` are not called any more. */
    close(): Promise<void>;
}
