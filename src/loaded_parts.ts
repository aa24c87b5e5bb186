import type { Engine } from "./db/types.ts";

/** The state of one loaded part of a source, as `/api/sources` shows it. */
export interface LoadedPart {
  source: string;
  part: string;
  load_id: string;
  sha256: string;
  /** Sample data: it leaves with the first real load. */
  sample: boolean;
  bytes: number;
  rows: number;
  /** ISO time. */
  loaded_at: string;
}

/** The newest load of every part of every source. */
export async function loadedParts(engine: Engine): Promise<LoadedPart[]> {
  const { rows } = await engine.executeSql(
    `select source, part, load_id, sha256, sample, bytes::float8 as bytes,
       (counts->>'rows')::float8 as rows,
       to_char(loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
         as loaded_at
     from source_state order by source, part`,
  );
  return rows as unknown as LoadedPart[];
}
