export { statSync as renamedStat } from "node:fs";
