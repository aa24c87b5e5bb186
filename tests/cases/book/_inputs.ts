/** What the apps of the case book work on: made once, when first asked for. */

/** An ordinary row of an ordinary table. */
export interface Row {
  id: number;
  name: string;
  tags: string[];
  score: number;
}

export function makeRows(count: number): Row[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    name: `sample ${(id * 7919) % count}`,
    tags: ["kidney", "adult"],
    score: id / 3,
  }));
}

/** Filled by `prepare` of the cases, so that no request has to. */
export const inputs: {
  rows: Row[];
  json: string;
  bytes: Uint8Array<ArrayBuffer>;
  names: string[];
  numbers: number[];
} = { rows: [], json: "", bytes: new Uint8Array(0), names: [], numbers: [] };

/** 250,000 rows, and the same as 20 MB of JSON. */
export function prepareRows(): void {
  if (inputs.rows.length > 0) return;
  inputs.rows = makeRows(250_000);
  inputs.json = JSON.stringify(inputs.rows);
  inputs.bytes = new TextEncoder().encode(inputs.json);
}

export function prepareNames(): void {
  if (inputs.names.length > 0) return;
  inputs.names = Array.from(
    { length: 150_000 },
    (_, i) => `name ${(i * 7919) % 150_000}`,
  );
  inputs.numbers = Array.from(
    { length: 300_000 },
    (_, i) => (i * 7919) % 300_007,
  );
}
