export * from "./exports";
// Once more by name: tools that judge declarations do not look through `export *`, and take the rest for all there is.
export { SockhopClient, SockhopServer } from "./exports";
/**
 * What `import Sockhop from "sockhop"` gives to programs whose compiler makes `require()` of it.
 *
 * @ignore
 */
export * as default from "./exports";
