import assert from "node:assert/strict";
import type { JobEvent, JobFeed, JobRecord, Jobs } from "./jobs/types.ts";
import { seenEnds, tellingEnds } from "./seen_ends.ts";
import { followEnds } from "./follow_ends.ts";

const at = (ms: number) => new Date(1_000_000 + ms).toISOString();

function ground(replica = true) {
  let position = 0;
  const log: string[] = [];
  const ends = seenEnds({
    positions: {
      current: () => Promise.resolve(`0/${++position}`),
      require: (text) => log.push(`require ${text}`),
      replica: () =>
        replica
          ? {
            used: true,
            why: null,
            lag_ms: 0,
            behind_bytes: 0,
            replayed: null,
            answered_at: null,
            queries: { replica: 0, primary: 0 },
          }
          : undefined,
    },
    forget: () => log.push("forget"),
  });
  return { ends, log };
}

Deno.test("seenEnds() acts once for each end that is newer than all before", async () => {
  const { ends, log } = ground();
  await ends.tell([{ id: "a", finished_at: null }]);
  assert.deepEqual(log, []);
  await ends.tell([{ id: "a", finished_at: at(5) }]);
  await ends.tell([{ id: "a", finished_at: at(5) }]);
  assert.deepEqual(log, ["require 0/1", "forget"]);
  // It had been committed before "a" was told.
  await ends.tell([{ id: "b", finished_at: at(4) }]);
  assert.equal(log.length, 2);
  // In the same millisecond, perhaps after "a" was told.
  await ends.tell([
    { id: "a", finished_at: at(5) },
    { id: "c", finished_at: at(5) },
  ]);
  assert.deepEqual(log.slice(2), ["require 0/2", "forget"]);
  await ends.tell([{ id: "a", finished_at: at(9) }]);
  await ends.tell([{ id: "c", finished_at: at(5) }]);
  assert.deepEqual(log.slice(4), ["require 0/3", "forget"]);
});

Deno.test("seenEnds() lets nobody tell of an end before it is known", async () => {
  const { ends, log } = ground();
  const end = { id: "a", finished_at: at(1) };
  const told: string[] = [];
  await Promise.all(["first", "second"].map(async (who) => {
    await ends.tell([end]);
    told.push(`${who} after ${log.length}`);
  }));
  assert.deepEqual(told, ["first after 2", "second after 2"]);
});

Deno.test("seenEnds() asks for no position where there is no replica", async () => {
  const { ends, log } = ground(false);
  await ends.tell([{ id: "a", finished_at: at(1) }]);
  assert.deepEqual(log, ["forget"]);
});

Deno.test("tellingEnds() tells through records, lists and events", async () => {
  const { ends, log } = ground(false);
  let ms = 0;
  const record = () => {
    return { id: crypto.randomUUID(), finished_at: at(++ms) } as JobRecord;
  };
  const event = (type: JobEvent["type"]) =>
    ({ seq: 1, job: crypto.randomUUID(), at: at(++ms), type }) as JobEvent;
  let events: JobEvent[] = [];
  const feed: JobFeed = {
    read: () => Promise.resolve(events.splice(0)),
    changed: (_, signal) =>
      new Promise((_, reject) => {
        if (signal!.aborted) reject(signal!.reason);
        signal!.addEventListener("abort", () => reject(signal!.reason));
      }),
    newest: 7,
    oldest: () => Promise.resolve(3),
    mode: "listen",
  };
  const jobs = tellingEnds(
    {
      get: () => Promise.resolve(record()),
      list: () => Promise.resolve([record()]),
      cancel: () => Promise.resolve(undefined),
      retry: () => Promise.resolve(record()),
      finished: () => Promise.resolve(record()),
      feed,
    } as unknown as Jobs,
    ends,
  );
  const told = async (what: string, does: Promise<unknown>, count: number) => {
    const before = log.length;
    await does;
    assert.equal(log.length - before, count, what);
  };
  await told("get", jobs.get("a"), 1);
  await told("list", jobs.list(), 1);
  await told("cancel nothing", jobs.cancel("a"), 0);
  await told("retry", jobs.retry("a"), 1);
  await told("finished", jobs.finished("a"), 1);
  events = [event("progress"), event("queued")];
  await told("progress", jobs.feed.read(0), 0);
  events = [event("progress"), event("failed")];
  await told("an end", jobs.feed.read(0), 1);
  assert.deepEqual(
    [jobs.feed.newest, await jobs.feed.oldest(), jobs.feed.mode],
    [7, 3, "listen"],
  );

  // What no client watches is read all the same.
  events = [event("succeeded")];
  const closing = new AbortController();
  const following = followEnds(jobs.feed, closing.signal);
  while (events.length > 0) await Promise.resolve();
  closing.abort();
  await following;
  assert.equal(log.length, 6);
});
