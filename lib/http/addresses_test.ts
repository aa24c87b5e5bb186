import fc from "fast-check";
import assert from "node:assert/strict";
import { addressKind } from "./mod.ts";

// The registries of IANA for special purposes, as [first, last] numbers.
const NOT_PUBLIC_V4 = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "255.255.255.255"],
].map((range) => range.map(numberOf) as [number, number]);

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256)
    .join(".");
}

// Half of them at the edges of the ranges, where mistakes are.
const v4 = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.tuple(
    fc.constantFrom(...NOT_PUBLIC_V4.flat()),
    fc.integer({ min: -2, max: 2 }),
  ).map(([edge, step]) => Math.min(2 ** 32 - 1, Math.max(0, edge + step))),
);

Deno.test("addressKind() calls no IPv4 address public that is none", () => {
  // Never given to anyone for use, or answered by the cloud's own agent.
  const alsoRefused = [
    ["192.31.196.0", "192.31.196.255"],
    ["192.52.193.0", "192.52.193.255"],
    ["192.88.99.0", "192.88.99.255"],
    ["192.175.48.0", "192.175.48.255"],
    ["168.63.129.16", "168.63.129.16"],
  ].map((range) => range.map(numberOf) as [number, number]);
  const within = (n: number, ranges: readonly [number, number][]) =>
    ranges.some(([first, last]) => n >= first && n <= last);
  fc.assert(
    fc.property(v4, (number) => {
      const isPublic = addressKind(textOf(number)) === "public";
      if (within(number, NOT_PUBLIC_V4)) return !isPublic;
      return isPublic || within(number, alsoRefused);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("addressKind() sees the IPv4 address inside an IPv6 one", () => {
  fc.assert(fc.property(v4, (number) => {
    const inner = textOf(number);
    const hex = `${(number >>> 16).toString(16)}:${
      (number & 0xffff).toString(16)
    }`;
    const kind = addressKind(inner);
    for (const carrier of ["::ffff:", "64:ff9b::", "0:0:0:0:0:ffff:"]) {
      assert.equal(addressKind(carrier + hex), kind, carrier + hex);
    }
    assert.equal(addressKind(`::ffff:${inner}`), kind);
    // Other ways of carrying one are never public.
    for (const carrier of ["::", "::ffff:0:", "64:ff9b:1::", "fe80::"]) {
      assert.notEqual(addressKind(carrier + hex), "public", carrier + hex);
    }
    assert.notEqual(addressKind(`2002:${hex}::1`), "public");
  }));
});

Deno.test("addressKind() calls only 2000::/3 public, and not all of it", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(fc.property(
    fc.array(group, { minLength: 8, maxLength: 8 }),
    (groups) => {
      const address = groups.map((part) => part.toString(16)).join(":");
      if (addressKind(address) !== "public") return;
      assert.equal(groups[0]! >>> 13, 1, address);
    },
  ));
  const refused: Record<string, string> = {
    "::": "unspecified",
    "::1": "loopback",
    "fc00::1": "uniqueLocal",
    "fd00:ec2::254": "uniqueLocal",
    "fe80::1": "linkLocal",
    "fe80::1%eth0": "linkLocal",
    "ff02::1": "multicast",
    "2001:db8::1": "reserved",
    "2001::1": "teredo",
    "3fff::1": "reserved",
    "4000::1": "unassigned",
  };
  for (const [address, kind] of Object.entries(refused)) {
    assert.equal(addressKind(address), kind, address);
  }
  assert.equal(addressKind("2606:4700:4700::1111"), "public");
});

Deno.test("addressKind() takes no name and no odd spelling", () => {
  for (
    const text of [
      "",
      "localhost",
      "2130706433",
      "0x7f.1",
      "127.1",
      "0177.0.0.1",
      "1.1.1.1 ",
      "1.1.1.1.",
      "[::1]",
      "1.1.1.256",
    ]
  ) {
    assert.equal(addressKind(text), "invalid", text);
  }
});
