/** What was measured and left the loop free: for the page, so that nobody measures it again. */
export const offTheLoop: readonly { name: string; measured: string }[] = [
  {
    name:
      "node:crypto: pbkdf2, scrypt, generateKeyPair, generatePrime, checkPrime with a callback",
    measured: "500,000 rounds of pbkdf2 took 331 ms and held the loop 6",
  },
  {
    name: "crypto.subtle: digest, and deriveBits with PBKDF2",
    measured:
      "500,000 rounds took 236 ms and held the loop 11; hashing 30 MB took 67 and held it 9",
  },
  {
    name: "node:fs/promises.readFile and writeFile of bytes",
    measured: "100 MB took 124 ms and held the loop 10",
  },
  {
    name: "Deno.copyFile, node:fs/promises cp, rm, readdir, also recursive",
    measured: "3,000 files were copied in 96 ms with the loop held 0.5",
  },
  {
    name: "createReadStream, and readable of a Deno.FsFile",
    measured: "200 MB took 380 ms and held the loop 3 at a stretch",
  },
  {
    name: "WebAssembly.compile",
    measured: "9 MB took 47 ms and held the loop 5",
  },
];
