/** A call whose hold on the loop is measured. */
export interface Probe {
  id: string;
  input: string;
  run: () => unknown;
}

/** Bytes, or characters. */
export const MB = 1_000_000;

/** Lines like those of an annotation table: they compress threefold. */
export function sampleText(length: number): string {
  const lines: string[] = [];
  for (let at = 0, size = 0; size < length; at++) {
    const line = `{"gene":"${
      globalThis.crypto.randomUUID().slice(0, 8)
    }","tpm":${Math.random()},"tissue":"kidney ${at % 97}"}`;
    lines.push(line);
    size += line.length + 1;
  }
  return `[${lines.join(",")}]`;
}

/** The same, as bytes. */
export function sampleBytes(length: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(sampleText(length));
}
