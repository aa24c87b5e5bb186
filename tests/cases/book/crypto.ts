/** Passwords, digests and keys. */
import {
  createHash,
  generateKeyPairSync,
  pbkdf2Sync,
  randomBytes,
  scryptSync,
} from "node:crypto";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.post("/crypto/pbkdf2", (c) => {
  const key = pbkdf2Sync("secret", "salt", 250_000, 32, "sha256"); // culprit: crypto_pbkdf2
  return c.text(key.toString("hex"));
});

function hashPassword(password: string): string {
  return scryptSync(password, "salt", 32, { N: 32_768, maxmem: 2 ** 26 }) // culprit: crypto_scrypt
    .toString("hex");
}
app.post("/crypto/scrypt", async (c) => {
  await pause(2);
  return c.text(hashPassword("secret")); // way: crypto_scrypt
});

app.get("/crypto/digest", (c) => {
  const sum = createHash("sha256").update(new Uint8Array(96_000_000)) // culprit: crypto_digest
    .digest("hex");
  return c.text(sum);
});

app.get("/crypto/random", async (c) => {
  await pause(1);
  const bytes = randomBytes(96_000_000); // culprit: crypto_random
  return c.text(String(bytes.length));
});

app.post("/crypto/keys", (c) => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 }); // culprit: crypto_keys
  return c.text(publicKey.type);
});

async function seal(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const key = await crypto.subtle.generateKey(
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const sealed = await crypto.subtle.encrypt( // culprit: crypto_subtle
    { name: "AES-GCM", iv: new Uint8Array(12) },
    key,
    bytes,
  );
  return sealed.byteLength;
}
app.get(
  "/crypto/seal",
  async (c) => c.json(await seal(new Uint8Array(160_000_000))),
);

type Label = Parameters<typeof block>[1];
const secret = (
  label:
    & Pick<Label, "title" | "where" | "request" | "function" | "api">
    & Partial<Label>,
): Label => ({
  kind: "crypto",
  cause: "cpu",
  blockMs: 150,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "crypto_pbkdf2",
    secret({
      title: "pbkdf2Sync",
      where: "first stretch",
      request: "POST /crypto/pbkdf2",
      function: null,
      api: "node:crypto.pbkdf2Sync",
    }),
  ),
  block(
    "crypto_scrypt",
    secret({
      title: "scryptSync in a helper, after an await",
      where: "helper",
      request: "POST /crypto/scrypt",
      function: "hashPassword",
      api: "node:crypto.scryptSync",
    }),
  ),
  block(
    "crypto_digest",
    secret({
      title: "createHash().update() of 96 MB",
      where: "first stretch",
      request: "GET /crypto/digest",
      function: null,
      api: "node:crypto.Hash.prototype.update",
    }),
  ),
  block(
    "crypto_random",
    secret({
      title: "randomBytes of 96 MB without a callback, after an await",
      where: "after an await",
      request: "GET /crypto/random",
      function: null,
      api: "node:crypto.randomBytes",
    }),
  ),
  block(
    "crypto_keys",
    secret({
      title: "generateKeyPairSync",
      where: "first stretch",
      request: "POST /crypto/keys",
      function: null,
      api: "node:crypto.generateKeyPairSync",
      blockMs: 400,
    }),
  ),
  block(
    "crypto_subtle",
    secret({
      title: "subtle.encrypt of 160 MB",
      where: "helper's continuation",
      request: "GET /crypto/seal",
      function: "seal",
      api: "SubtleCrypto.prototype.encrypt",
    }),
  ),
];
