import { memory_engine } from "../../../src/cluster/engine/MemoryEngine";
import { engineContract } from "../engine.contract";

describe("memory_engine()", () => {
    const engine = memory_engine();

    engineContract(() => engine);
});
