/**
 * Makes the list of APIs that hold the loop from the running Deno: the data
 * of `lib/blocking_apis` and its page in the docs.
 *
 *     deno run -A scripts/blocking_apis.ts            # writes both
 *     deno run -A scripts/blocking_apis.ts --check    # says what differs
 *     deno run -A scripts/blocking_apis.ts --reviewed # after looking at what
 *                                                     # a new Deno offers
 *
 * @module
 */
import { apiRoots } from "./blocking_apis/find_apis.ts";
import { stateOfList, writeReviewed } from "./blocking_apis/state.ts";

const asReviewed = Deno.args.includes("--reviewed");
const asCheck = Deno.args.includes("--check");

const roots = await apiRoots();
if (asReviewed) await writeReviewed(roots);
const state = await stateOfList(roots);

for (const id of state.unknown) {
  console.error(
    `${id}: synchronous, and nothing is known of it: describe it in scripts/blocking_apis/`,
  );
}
for (const id of state.missing) {
  console.error(`${id}: described, and this Deno does not have it`);
}
for (const id of state.unreviewed) {
  console.error(
    `${id}: new since Deno ${state.deno}: describe it if it holds the loop, and run this with --reviewed`,
  );
}
const mayWrite = state.unknown.length + state.missing.length === 0;
let isStale = false;
for (const { url, text, isCurrent } of state.files) {
  if (isCurrent) continue;
  if (asCheck || !mayWrite) {
    isStale = true;
    console.error(`${url.pathname}: is not what this script makes`);
  } else {
    await Deno.writeTextFile(url, text);
    console.log(`Written: ${url.pathname}`);
  }
}
console.log(`${state.apis.length} APIs that hold the loop`);
if (!mayWrite || isStale || state.unreviewed.length > 0) Deno.exit(1);
