/** Options of {@linkcode writeDescartes}. */
export interface DescartesOptions {
  rows: number;
  /** Two versions have the same symbols and other values. */
  version: number;
  /** Bytes of a symbol, at least. @default {0} */
  symbolBytes?: number;
}

/** Rows of text that are joined before they are written. */
const BLOCK = 10_000;

/**
 * Writes a headerless `symbol,float` file. The first rows are the genes of the
 * bench, and one row in a thousand names the symbol of the row before it.
 */
export async function writeDescartes(
  path: string,
  options: DescartesOptions,
): Promise<void> {
  const { rows, version, symbolBytes = 0 } = options;
  using file = await Deno.open(path, {
    write: true,
    create: true,
    truncate: true,
  });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  for (let from = 0; from < rows; from += BLOCK) {
    const lines: string[] = [];
    for (let i = from; i < Math.min(rows, from + BLOCK); i++) {
      const symbol = `G${i % 1000 === 999 ? i - 1 : i}`;
      const value = ((i * 7919 + version * 104_729) % 1_000_003) / 977;
      lines.push(`${symbol.padEnd(symbolBytes, "X")},${value.toFixed(6)}\n`);
    }
    await writer.write(encoder.encode(lines.join("")));
  }
  await writer.close();
}

/** Writes the file of a provider that names the genes `G0`, `G1`, … */
export async function writePanel(path: string, genes: number): Promise<void> {
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      provider_id: "bench",
      provider_name: "Bench",
      total_panels: 5,
      genes: Array.from({ length: genes }, (_, i) => ({
        symbol: `G${i}`,
        panels: Array.from({ length: 1 + i % 5 }, (_, p) => `Panel ${p + 1}`),
        occurrence_count: 1 + i % 5,
        reported_as: `G${i}`,
        hgnc_id: null,
        normalization_status: "failed",
      })),
    }),
  );
}
