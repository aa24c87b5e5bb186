/**
 * An HTTP client made of limits: a deadline on every call, a place among the
 * requests under way, bounds for redirects and sizes, no way to private
 * addresses, bodies streamed, and large ones parsed in a thread.
 *
 * | call | answers |
 * |---|---|
 * | `fetch` | a `Response`; read its body or cancel it |
 * | `bytes`, `text` | the whole body |
 * | `json` | a value, or the part that a JSON pointer picks |
 * | `html` | what CSS selectors find in a page |
 * | `parse` | what a task of your own makes of the body, in a thread |
 *
 * @module
 */
export { type AddressKind, addressKind } from "./addresses.ts";
export { createHttpClient } from "./client.ts";
export {
  AddressRefusedError,
  BodyFormatError,
  BodyTooLargeError,
  ClientClosedError,
  ConnectionError,
  HttpDeadlineError,
  HttpError,
  type HttpErrorFacts,
  type HttpPhase,
  HttpStatusError,
  RedirectError,
  UrlRefusedError,
} from "./errors.ts";
export type * from "./types.ts";
