import type { Collection } from "../collection.ts";
import { genes } from "./genes/mod.ts";

/** Every collection that is served. */
export const collections: readonly Collection[] = [genes];
