/** Runs the checks of the house on this tree; exits 1 with what they found. */
import { fromFileUrl } from "./paths.ts";
import { typescriptFiles } from "./files.ts";
import { checkHouse } from "./house.ts";
import { checkSanitizers } from "./sanitizers.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const files = await typescriptFiles(root);
const problems = [...checkHouse(files), ...checkSanitizers(files)];
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);
console.log(`${files.length} files: all arrows point down, no test is off`);
