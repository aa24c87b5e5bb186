/** `node:crypto` and `crypto.subtle`. */
import type { Replacement } from "@loophound/toolkit/blocking_apis";
import { type Fact, type NamedFact, type Rule, sameFact } from "./_fact.ts";

function callback(name: string): Replacement {
  return { module: "node:crypto", name, sameArguments: false };
}

const SLICES = "Give it slices of up to 1 MB, or do it in a thread.";
const RANDOM = { of: 0, over: 5_000_000, unit: "bytes" } as const;

const FACTS: Record<string, Fact> = {
  pbkdf2Sync: {
    kind: "cpu",
    why:
      "Derives a key at a cost chosen to be high: 73 ms for 100,000 rounds of SHA-256.",
    instead: "Call pbkdf2() with a callback: it runs off the loop.",
    replacement: callback("pbkdf2"),
  },
  scryptSync: {
    kind: "cpu",
    why:
      "Derives a key at a cost chosen to be high: 74 ms with the default parameters.",
    instead: "Call scrypt() with a callback: it runs off the loop.",
    replacement: callback("scrypt"),
  },
  hkdfSync: {
    kind: "cpu",
    why:
      "Computes a hash for each block of its output: 0.6 ms for 8,000 bytes.",
    instead: "Call hkdf() with a callback.",
    replacement: callback("hkdf"),
    byDefault: false,
  },
  generateKeyPairSync: {
    kind: "cpu",
    why:
      "Searches for primes, as long as luck has it: 255 ms for RSA 2048; elliptic curves take 0.1 ms.",
    instead: "Call generateKeyPair() with a callback: it runs off the loop.",
    replacement: callback("generateKeyPair"),
  },
  generatePrimeSync: {
    kind: "cpu",
    why: "Searches for a prime, as long as luck has it: 113 ms for 1,024 bits.",
    instead: "Call generatePrime() with a callback: it runs off the loop.",
    replacement: callback("generatePrime"),
  },
  checkPrimeSync: {
    kind: "cpu",
    why: "Tests a candidate again and again: 64 ms for 2,048 bits.",
    instead: "Call checkPrime() with a callback: it runs off the loop.",
    replacement: callback("checkPrime"),
  },
  generateKeySync: {
    kind: "cpu",
    why: "Draws random bytes: 0.1 ms for a key.",
    instead: "Call generateKey() with a callback.",
    replacement: callback("generateKey"),
    byDefault: false,
  },
  randomFillSync: {
    kind: "cpu",
    size: RANDOM,
    why: "Draws random bytes on the calling thread: 1 ms per MB.",
    instead: SLICES,
  },
};

export const crypto: Rule = ({ module, name }) =>
  module === "node:crypto" ? FACTS[name] : undefined;

const hashes: readonly NamedFact[] = [
  ...sameFact("node:crypto", [
    "Hash.prototype.update",
    "Hmac.prototype.update",
    "Sign.prototype.update",
    "Verify.prototype.update",
  ], {
    kind: "cpu",
    size: { of: 0, over: 2_000_000, unit: "bytes" },
    why:
      "Hashes all it is given before it returns: 1 ms per MB with SHA-256, 3 with SHA-512 or MD5, 10 with SHA-3.",
    instead: SLICES,
  }),
  {
    module: "node:crypto",
    name: "hash",
    kind: "cpu",
    size: { of: 1, over: 2_000_000, unit: "bytes" },
    why:
      "Hashes all it is given before it returns: 1 ms per MB with SHA-256, 3 with SHA-512 or MD5, 10 with SHA-3.",
    instead:
      "Await crypto.subtle.digest(), which hashes off the loop, or do it in a thread.",
    replacement: {
      module: "global",
      name: "SubtleCrypto.prototype.digest",
      sameArguments: false,
    },
  },
  ...sameFact("node:crypto", [
    "Cipheriv.prototype.update",
    "Decipheriv.prototype.update",
  ], {
    kind: "cpu",
    size: { of: 0, over: 1_000_000, unit: "bytes" },
    why:
      "Encrypts or decrypts all it is given before it returns: 4 to 10 ms per MB with AES-256.",
    instead: SLICES,
  }),
];

const keys: readonly NamedFact[] = [
  ...sameFact("node:crypto", [
    "Sign.prototype.sign",
    "privateDecrypt",
    "privateEncrypt",
    "publicDecrypt",
    "publicEncrypt",
  ], {
    kind: "cpu",
    why:
      "Computes with the key on the calling thread: 2 ms with a private RSA 2048 key, 20 ms with RSA 4096.",
    instead: "Use Ed25519 or P-256 keys, or do it in a thread.",
    byDefault: false,
  }),
  ...["sign", "verify"].flatMap((name): NamedFact[] => [
    {
      module: "node:crypto",
      name,
      kind: "cpu",
      why:
        "Hashes the data and computes with the key on the calling thread: 2 ms to sign with RSA 2048, 20 ms with RSA 4096.",
      instead: "Use Ed25519 or P-256 keys, or do it in a thread.",
      withoutCallback: true,
      byDefault: false,
    },
    {
      module: "node:crypto",
      name,
      nature: "in_name_only",
      kind: "cpu",
      why:
        "Computes on the loop and then calls back: signing with RSA 2048 held the loop for all of its 11 ms.",
      instead: "Use Ed25519 or P-256 keys, or do it in a thread.",
      withCallback: true,
      byDefault: false,
    },
  ]),
  {
    module: "node:crypto",
    name: "Verify.prototype.verify",
    kind: "cpu",
    why: "Computes with the key on the calling thread: 1.7 ms with RSA 4096.",
    instead: "Use Ed25519 or P-256 keys, or do it in a thread.",
    byDefault: false,
  },
  {
    module: "node:crypto",
    name: "createDiffieHellman",
    kind: "cpu",
    size: { of: 0, over: 255, unit: "iterations" },
    why:
      "Given a number of bits, it searches for a safe prime: 18 ms for 512 bits, 141 ms for 1,024.",
    instead: "Use getDiffieHellman() with a known group, or X25519.",
    replacement: callback("getDiffieHellman"),
  },
  ...sameFact("node:crypto", [
    "DiffieHellman.prototype.computeSecret",
    "DiffieHellman.prototype.generateKeys",
    "ECDH.prototype.computeSecret",
    "ECDH.prototype.generateKeys",
    "diffieHellman",
  ], {
    kind: "cpu",
    why:
      "Computes with the key on the calling thread: 33 ms in the group modp15, 1 ms on a curve.",
    instead: "Use X25519, or do it in a thread.",
    byDefault: false,
  }),
];

const random: readonly NamedFact[] = [
  ...["pseudoRandomBytes", "randomBytes"].flatMap((name): NamedFact[] => [
    {
      module: "node:crypto",
      name,
      kind: "cpu",
      size: RANDOM,
      why: "Draws random bytes on the calling thread: 1 ms per MB.",
      instead: SLICES,
      withoutCallback: true,
    },
    {
      module: "node:crypto",
      name,
      nature: "in_name_only",
      kind: "cpu",
      size: RANDOM,
      why:
        "Draws on the loop and then calls back: 50 MB held it for all of their 82 ms.",
      instead: SLICES,
      withCallback: true,
    },
  ]),
  {
    module: "node:crypto",
    name: "randomFill",
    nature: "in_name_only",
    kind: "cpu",
    size: { of: 0, over: 10_000_000, unit: "bytes" },
    why:
      "Draws off the loop and copies on it: 50 MB held the loop 35 ms of their 90.",
    instead: SLICES,
  },
];

const SUBTLE =
  "Encrypts off the loop and copies its input on it: 30 MB held the loop 13 to 25 ms.";

/** Off the loop but for the copy that they make of their input. */
const subtle: readonly NamedFact[] = (["encrypt", "decrypt", "sign"] as const)
  .map((name) => ({
    module: "global",
    name: `SubtleCrypto.prototype.${name}`,
    nature: "in_name_only",
    kind: "cpu",
    size: { of: 2, over: 10_000_000, unit: "bytes" },
    why: name === "sign"
      ? "Signs off the loop and copies its input on it: 30 MB held the loop 15 ms."
      : SUBTLE,
    instead: "Give it slices of up to 10 MB.",
  }));

export const namedCrypto: readonly NamedFact[] = [
  ...hashes,
  ...keys,
  ...random,
  ...subtle,
];
