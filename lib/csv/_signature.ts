import { FormatError } from "./format_error.ts";

/** Bytes that are looked at to tell what a file is. */
export const SIGNATURE_BYTES = 6;

/** What a file that is no text begins with, and what to do about it. */
const SIGNATURES: readonly { bytes: readonly number[]; problem: string }[] = [
  {
    bytes: [0x1f, 0x8b],
    problem: "is gzip inside gzip; compress it only once",
  },
  {
    bytes: [0x50, 0x4b, 0x03, 0x04],
    problem:
      "is a ZIP archive (an Excel workbook is one too); extract it or save it as CSV",
  },
  { bytes: [0x42, 0x5a, 0x68], problem: "is bzip2; decompress it first" },
  {
    bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    problem: "is xz; decompress it first",
  },
  {
    bytes: [0x28, 0xb5, 0x2f, 0xfd],
    problem: "is Zstandard; decompress it first",
  },
  { bytes: [0xff, 0xfe], problem: "is UTF-16; save it as UTF-8" },
  { bytes: [0xfe, 0xff], problem: "is UTF-16; save it as UTF-8" },
];

const BOM = [0xef, 0xbb, 0xbf];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

/** Whether bytes begin like gzip with the only method there is, deflate. */
export function isGzip(bytes: Uint8Array): boolean {
  return startsWith(bytes, [0x1f, 0x8b]);
}

/**
 * Looks at how the text begins.
 *
 * @returns How many bytes of it are a byte order mark.
 * @throws {FormatError} It is no UTF-8 text.
 */
export function checkStart(bytes: Uint8Array): number {
  for (const { bytes: start, problem } of SIGNATURES) {
    if (startsWith(bytes, start)) {
      throw new FormatError(`Cannot read the file as text: it ${problem}`);
    }
  }
  return startsWith(bytes, BOM) ? BOM.length : 0;
}
