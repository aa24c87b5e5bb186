/** As in the package's deno.json, which a test compares; a packed toolkit has none. */
export const version = "0.1.0";
