import assert from "node:assert/strict";
import { lint, testRule } from "./_test_lint.ts";

const inLoop = (body: string, head = "const id of ids") =>
  `export async function f(ids, db, signal) { const out = []; for (${head}) { ${body} } return out; }`;

testRule("no-waiting-in-line", {
  reported: {
    "fetch": [inLoop("out.push(await fetch(`/x/${id}`));"), "fetch"],
    "fetch and its answer": [
      inLoop("const r = await fetch(id); out.push(await r.json());"),
      "fetch",
    ],
    "a query": [
      inLoop("const row = await db.query('x', [id]); out.push(row);"),
      "db.query",
    ],
    "Kysely": [
      inLoop(
        "out.push(await db.selectFrom('x').where('id', '=', id).executeTakeFirst());",
      ),
      "db.selectFrom('x').where('id', '=', id).executeTakeFirst",
    ],
    "an insert": [inLoop("await db.query('insert', [id]);"), "db.query"],
    "files by path": [
      inLoop("out.push(await Deno.readTextFile(id));"),
      "Deno.readTextFile",
    ],
    "node:fs/promises": [
      `import { readFile } from "node:fs/promises"; ${
        inLoop("out.push(await readFile(id));")
      }`,
      "readFile",
    ],
    "a function that by its name asks": [
      inLoop("const user = await getUser(id); out.push(user);"),
      "getUser",
    ],
    "a method that by its name asks": [
      inLoop("out.push(await this.client.fetchGene(id));"),
      "this.client.fetchGene",
    ],
    "a method that by its name stores": [
      inLoop("await repo.saveUser(id);"),
      "repo.saveUser",
    ],
    "an HTTP client": [inLoop("out.push(await axios.get(id)); "), "axios.get"],
    "a function of the file that asks": [
      `async function one(id) { const r = await fetch(id); return await r.json(); }
       ${inLoop("out.push(await one(id));")}`,
      "one",
    ],
    "a counting loop": [
      inLoop(
        "out.push(await fetch(ids[i]));",
        "let i = 0; i < ids.length; i++",
      ),
      "fetch",
    ],
    "for in": [
      inLoop("out.push(await fetch(key));", "const key in ids"),
      "fetch",
    ],
    "an item taken apart": [
      inLoop(
        "const { url } = entry; const full = base + url; out.push(await fetch(full));",
        "const [, entry] of ids",
      ),
      "fetch",
    ],
    "a total": [inLoop("total += (await fetch(id)).status;"), "fetch"],
    "a loop that skips": [
      inLoop("if (id === null) continue; out.push(await fetch(id));"),
      "fetch",
    ],
    "a loop that throws": [
      inLoop(
        "const r = await fetch(id); if (!r.ok) throw new Error(); out.push(r);",
      ),
      "fetch",
    ],
    "a loop in a handler": [
      `app.get("/a", async (c) => { for (const id of await ids()) { rows.push(await db.query("x", [id])); } });`,
      "db.query",
    ],
    "the inner of two loops": [
      inLoop(
        "for (const page of other) { continue; } for (const x of id.xs) { out.push(await fetch(x)); }",
      ),
      "fetch",
    ],
    "a search that goes on": [
      inLoop(
        "for (const x of id.xs) { if (x) break; } out.push(await fetch(id));",
      ),
      "fetch",
    ],
  },
  innocent: {
    "pages that follow each other": `export async function f() {
       let cursor = null; const out = [];
       do { const page = await fetch("/x?after=" + cursor); cursor = page.next; out.push(page); } while (cursor);
       while (true) { const page = await fetch(url); if (!page.next) break; url = page.next; }
       for (let i = 0; i < 10; i++) { const page = await fetch(base + i + cursor); cursor = page.next; }
     }`,
    "a token carried from turn to turn": inLoop(
      "const r = await fetch(id, { headers: { token } }); token = r.headers.get('next');",
    ),
    "a value made of what an earlier turn brought": inLoop(
      "const since = last?.time; last = await fetchEvents(id, since);",
    ),
    "retries": `export async function f(url) {
       for (let attempt = 0; attempt < 3; attempt++) { try { return await fetch(url + attempt); } catch { await 0; } }
       for (let i = 0; i < 3; i++) { const r = await fetch(url + i); if (r.ok) break; }
     }`,
    "the first that answers": inLoop(
      "const r = await fetch(id); if (r.ok) return r;",
    ),
    "a pause between turns": inLoop(
      "out.push(await fetch(id)); await delay(100);",
    ),
    "a pause by hand": inLoop(
      "out.push(await fetch(id)); await new Promise((resolve) => setTimeout(resolve, 100));",
    ),
    "a limiter": inLoop("await limiter.acquire(); out.push(await fetch(id));"),
    "a transaction": `export async function f(ids, db) {
       await db.transaction().execute(async (trx) => { for (const id of ids) { await trx.query("x", [id]); } });
       await sql.begin(async (sql) => { for (const id of ids) await insertRow(trx, id); });
     }`,
    "one connection": inLoop("await connection.query('x', [id]);"),
    "BEGIN and COMMIT":
      `export async function f(client, ids) { await client.query("BEGIN"); for (const id of ids) await client.query("x", [id]); await client.query("COMMIT"); }`,
    "statements in order": inLoop(
      "out.push(await db.query(sql, params));",
      "const { sql, params } of ids",
    ),
    "migrations": inLoop(
      "await db.execute(migration);",
      "const migration of ids",
    ),
    "a lock":
      `export async function f(ids) { await lock.run(async () => { for (const id of ids) out.push(await fetch(id)); }); }`,
    "for await":
      `export async function f(ids) { for await (const id of ids) { out.push(await fetch(id)); } }`,
    "a stream that is written to": inLoop(
      "const r = await fetch(id); await writer.write(r);",
    ),
    "appending to one file": inLoop(
      'await Deno.writeTextFile("log", id, { append: true });',
    ),
    "writing to one file": inLoop("await file.write(id);"),
    "a generator":
      `export async function* f(ids) { for (const id of ids) yield await fetch(id); }`,
    "a cache": inLoop("if (!seen.has(id)) seen.set(id, await fetch(id));"),
    "a list that grows":
      `export async function f(queue) { for (const url of queue) { const page = await fetch(url); queue.push(...page.links); } }`,
    "workers that share an iterator":
      `const it = ids.entries(); export async function worker() { for (const [i, id] of it) { out[i] = await fetch(id); } }`,
    "batches": `export async function f(ids) {
       for (const batch of ids) await db.query("x", [batch]);
       for (let i = 0; i < ids.length; i += 50) await insertMany(ids.slice(i, i + 50));
     }`,
    "what does no I/O": inLoop(
      "out.push(await id.promise); await Promise.resolve(id); await parse(id);",
    ),
    "what does not differ from turn to turn": inLoop("await fetch('/ping');"),
    "methods of the items": inLoop("await id.close(); await id.run();"),
    "two or three, written out": inLoop(
      "out.push(await fetch(id));",
      'const id of ["a", "b"]',
    ),
    "jobs that are queued in order": inLoop(
      "const x = await Deno.stat(id); await jobs.submit(x);",
    ),
    "looking at files": inLoop(
      "const { size } = await Deno.stat(id); await Deno.remove(id); out.push(size);",
    ),
    "reading on": inLoop(
      "out.push(await reader.readLine(id)); out.push(await getNextPage(id));",
    ),
    "functions made in a loop": inLoop(
      "out.push(async () => await fetch(id));",
    ),
    "start-up code":
      `for (const id of ids) { await fetch(id); } async function main() { for (const id of ids) await fetch(id); } await main();`,
    "a property carried":
      `class A { async m(ids) { for (const id of ids) { const r = await fetch(id + this.cursor); this.cursor = r.next; } } }`,
  },
});

Deno.test("no-waiting-in-line leaves tests alone", () => {
  const source = inLoop("out.push(await fetch(id));");
  assert.equal(lint("no-waiting-in-line", source).length, 1);
  assert.equal(lint("no-waiting-in-line", source, "/app/x_test.ts").length, 0);
});
