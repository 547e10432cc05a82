import type { Connection } from "../../src/connection/Connection";
import { Broadcast } from "../../src/server/broadcasts/Broadcast";
import { BroadcastBatch } from "../../src/server/broadcasts/BroadcastBatch";
import type { BroadcastFrame } from "../../src/server/broadcasts/BroadcastFrame";

let batch: BroadcastBatch | undefined;

/** Starts a broadcast in the batch of this tick, as a server does. */
export function broadcastOf(connections: readonly Connection[], frame: BroadcastFrame): Broadcast {
    return new Broadcast(connections, frame, () => {
        if (batch?.isWritten !== false) batch = new BroadcastBatch(batch);
        return batch;
    });
}
