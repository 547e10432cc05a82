import { closeAll } from "./leftovers";

/** For the tests of all files. `pair.ts` adds its own hook once in a process, which runs many files. */
export const mochaHooks = { afterEach: closeAll };
