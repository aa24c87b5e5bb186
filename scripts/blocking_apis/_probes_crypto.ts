import * as crypto from "node:crypto";
import { promisify } from "node:util";
import { MB, type Probe } from "./_probe.ts";

export async function subtleProbes(): Promise<Probe[]> {
  const { subtle } = globalThis.crypto;
  const bytes = new Uint8Array(30 * MB);
  const input = "30 MB";
  const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };
  const aes = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, [
    "encrypt",
    "decrypt",
  ]);
  const sealed = await subtle.encrypt(gcm, aes, bytes);
  const hmac = await subtle.generateKey(
    { name: "HMAC", hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  const password = await subtle.importKey(
    "raw",
    new Uint8Array(8),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const stretch = {
    name: "PBKDF2",
    salt: new Uint8Array(8),
    iterations: 500_000,
    hash: "SHA-256",
  };
  return [
    { id: "encrypt", input, run: () => subtle.encrypt(gcm, aes, bytes) },
    { id: "decrypt", input, run: () => subtle.decrypt(gcm, aes, sealed) },
    { id: "digest", input, run: () => subtle.digest("SHA-256", bytes) },
    { id: "sign", input, run: () => subtle.sign("HMAC", hmac, bytes) },
    {
      id: "deriveBits",
      input: "PBKDF2, 500,000 rounds",
      run: () => subtle.deriveBits(stretch, password, 256),
    },
  ].map((one) => ({ ...one, id: `SubtleCrypto.prototype.${one.id}` }));
}

export function cryptoProbes(): Probe[] {
  const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const small = new Uint8Array(100);
  const signature = crypto.sign("sha256", small, rsa.privateKey);
  const prime = crypto.generatePrimeSync(1024);
  return [
    {
      id: "randomBytes",
      input: "50 MB",
      run: () => promisify(crypto.randomBytes)(50 * MB),
    },
    {
      id: "randomFill",
      input: "50 MB",
      run: () =>
        promisify<Uint8Array, unknown>(crypto.randomFill)(
          new Uint8Array(50 * MB),
        ),
    },
    {
      id: "sign",
      input: "RSA 2048",
      run: () =>
        new Promise((resolve) =>
          crypto.sign("sha256", small, rsa.privateKey, (_, it) => resolve(it))
        ),
    },
    {
      id: "verify",
      input: "RSA 2048",
      run: () =>
        new Promise((resolve) =>
          crypto.verify(
            "sha256",
            small,
            rsa.publicKey,
            signature,
            (_, it) => resolve(it),
          )
        ),
    },
    {
      id: "pbkdf2",
      input: "500,000 rounds",
      run: () => promisify(crypto.pbkdf2)("p", "s", 500_000, 32, "sha256"),
    },
    {
      id: "scrypt",
      input: "default cost",
      run: () =>
        new Promise((resolve) =>
          crypto.scrypt("p", "s", 32, (_, it) => resolve(it))
        ),
    },
    {
      id: "generateKeyPair",
      input: "RSA 2048",
      run: () =>
        new Promise<void>((resolve) =>
          crypto.generateKeyPair(
            "rsa",
            { modulusLength: 2048 },
            () => resolve(),
          )
        ),
    },
    {
      id: "checkPrime",
      input: "1,024 bits, 100 checks",
      run: () =>
        new Promise<void>((resolve) =>
          crypto.checkPrime(prime, { checks: 100 }, () => resolve())
        ),
    },
    {
      id: "generatePrime",
      input: "512 bits",
      run: () => promisify(crypto.generatePrime)(512),
    },
  ].map((one) => ({ ...one, id: `node:crypto.${one.id}` }));
}
