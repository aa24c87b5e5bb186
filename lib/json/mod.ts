/**
 * JSON documents of any size as a stream: the elements of one array, each with
 * its line and column, in bounded memory. What is wrong with a document is
 * told by a `FormatError` of `@loophound/toolkit/csv`, with line and column.
 *
 * @example The documents of a search answer
 * ```ts
 * import { jsonElements } from "@loophound/toolkit/json";
 * import assert from "node:assert/strict";
 *
 * const file = new Blob([
 *   '{"response":{"numFound":2,"docs":[{"symbol":"A"},{"symbol":"B"}]}}',
 * ]);
 * const docs = jsonElements(file.stream(), { path: ["response", "docs"] });
 * const symbols: unknown[] = [];
 * for await (const batch of docs) {
 *   for (const { value } of batch) symbols.push(value);
 * }
 * assert.deepEqual(symbols, [{ symbol: "A" }, { symbol: "B" }]);
 * assert.deepEqual(docs.rest, { response: { numFound: 2 } });
 * ```
 *
 * @module
 */
export {
  type JsonElement,
  type JsonElements,
  jsonElements,
  type JsonElementsOptions,
} from "./json_elements.ts";
