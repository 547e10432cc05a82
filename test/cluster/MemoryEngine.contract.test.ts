import { memory_engine } from "../../src/cluster/MemoryEngine";
import { engineContract } from "./engine.contract";

describe("memory_engine()", () => {
    const engine = memory_engine();

    engineContract(() => engine);
});
