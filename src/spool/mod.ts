/**
 * Takes the body of a request in whole, before the request is answered: a
 * body can be read once, a load may run several times.
 *
 * @module
 */
export { prepareSpool } from "./prepare_spool.ts";
export {
  spoolBody,
  type SpooledBody,
  type SpoolOptions,
} from "./spool_body.ts";
