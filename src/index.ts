export * from "./exports";
/**
 * What `import Sockhop from "sockhop"` gives to programs whose compiler makes `require()` of it.
 *
 * @ignore
 */
export * as default from "./exports";
