export * from "./exports";
// Again by name: tools that check declarations do not follow `export *`, and would find only the default export.
export { SockhopClient, SockhopServer } from "./exports";
/**
 * Value of `import Sockhop from "sockhop"` in programs whose compiler converts it to `require()`.
 *
 * @ignore
 */
export * as default from "./exports";
