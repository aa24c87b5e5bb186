/** Writes WebAssembly modules: big ones to compile, a loop to run. */

function leb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 127;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 128);
  } while (value !== 0);
  return bytes;
}

function section(id: number, bytes: number[]): Uint8Array {
  return Uint8Array.from([id, ...leb(bytes.length), ...bytes]);
}

/** Adds to its argument, so many times. */
function adding(salt: number): number[] {
  const body = [0];
  for (let i = 0; i < 400; i++) {
    body.push(0x20, 0, 0x41, 1 + Math.floor(salt * i) % 60, 0x6a, 0x21, 0);
  }
  return [...body, 0x20, 0, 0x0b];
}

/** Counts its argument down to 0. */
const COUNTING = [
  ...[0, 0x03, 0x40], // no locals; loop
  ...[0x20, 0, 0x41, 1, 0x6b, 0x22, 0], // n = n - 1
  ...[0x0d, 0, 0x0b, 0x20, 0, 0x0b], // again while n; end; n
];

/**
 * @param options How many functions of 2.8 KB; or a single one, `run(n)`,
 * that counts down.
 */
export function bigModule(
  options: { functions: number; salt?: number; loop?: boolean },
): Uint8Array<ArrayBuffer> {
  const { functions, salt = 0, loop = false } = options;
  const body = loop ? COUNTING : adding(salt * 60);
  const one = Uint8Array.from([...leb(body.length), ...body]);
  const count = Uint8Array.from(leb(functions));
  const size = count.length + functions * one.length;
  const parts = [
    Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    section(3, [...count, ...new Array<number>(functions).fill(0)]),
    section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]),
    Uint8Array.from([10, ...leb(size)]),
    count,
  ];
  const head = parts.reduce((sum, part) => sum + part.length, 0);
  const module = new Uint8Array(head + functions * one.length);
  let at = 0;
  for (const part of parts) {
    module.set(part, at);
    at += part.length;
  }
  for (let i = 0; i < functions; i++, at += one.length) module.set(one, at);
  return module;
}
