import assert from "node:assert/strict";
import { createAllowList } from "./_allow_list.ts";

Deno.test("createAllowList() takes names, addresses, ports and ranges", () => {
  const allow = createAllowList([
    "Fingerprint.Internal",
    "other.internal:8080",
    "127.0.0.1:8766",
    "10.0.0.0/8",
    "::1",
    "[fd00::1]:9000",
    "fe80::/10",
    "0x7f.2",
  ]);
  assert.ok(allow.name("fingerprint.internal", 1));
  assert.ok(allow.name("fingerprint.internal.", 1));
  assert.ok(!allow.name("x.fingerprint.internal", 1));
  assert.ok(allow.name("other.internal", 8080));
  assert.ok(!allow.name("other.internal", 8081));
  assert.ok(allow.address("127.0.0.1", 8766));
  assert.ok(!allow.address("127.0.0.1", 8767));
  assert.ok(allow.address("::ffff:127.0.0.1", 8766));
  assert.ok(allow.address("127.0.0.2", 5));
  assert.ok(allow.address("10.255.0.1", 5));
  assert.ok(!allow.address("11.0.0.1", 5));
  assert.ok(allow.address("::1", 5));
  assert.ok(!allow.address("::2", 5));
  assert.ok(allow.address("fd00::1", 9000));
  assert.ok(!allow.address("fd00::1", 9001));
  assert.ok(allow.address("febf::1", 5));
  assert.ok(!allow.name("127.0.0.1", 8766), "an address is no name");
});

Deno.test("createAllowList() reads port 80, which URLs leave out", () => {
  const allow = createAllowList(["127.0.0.1:80", "a.internal:80"]);
  assert.ok(allow.address("127.0.0.1", 80));
  assert.ok(!allow.address("127.0.0.1", 81));
  assert.ok(!allow.name("a.internal", 8080));
});

Deno.test("createAllowList() refuses what is none of these", () => {
  for (
    const entry of [
      "",
      ".",
      "http://a",
      "a/b",
      "10.0.0.0/33",
      "::ffff:10.0.0.0/104",
      "user@host",
      "a b",
      "host:99999",
      "10.0.0.0/8:80",
    ]
  ) {
    assert.throws(() => createAllowList([entry]), {
      name: "TypeError",
      message:
        `Cannot allow "${entry}": it is no host, host:port, address, address:port or address/bits`,
    });
  }
});
