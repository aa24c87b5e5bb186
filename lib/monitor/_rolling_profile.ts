import inspector from "node:inspector";
import { ChunkLength } from "./_chunk_length.ts";
import type { CpuProfile } from "./_cpu_profile.ts";
import { SAMPLE_EVERY_MS } from "./_judge.ts";
import { isGranted } from "./_permissions.ts";

/** Microseconds between two samples: five of a block of 10 ms. */
const SAMPLE_EVERY_US = SAMPLE_EVERY_MS * 1000;
/** Chunks asked for are cut at most so often; see `#pause`. */
const SHORTEST_CHUNK_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Samples of one stretch of time, by the clock of `performance.now()`. */
export interface ProfileChunk {
  from: number;
  to: number;
  profile: CpuProfile;
  /** Since when the turn of the loop that delivered it has been the profile's. */
  turnFrom: number;
}

/** Told of each piece of time in which a chunk held the loop. */
type Spent = (from: number, to: number) => void;

/** Who waits for the chunk that holds the time up to `to`. */
interface Waiting {
  to: number;
  done: (chunk: ProfileChunk | null) => void;
}

interface Finished {
  params: { id: string; title: string; profile: CpuProfile };
}

/**
 * An in-process CPU profile that never stops, handed out in chunks.
 *
 * Starting a profile makes V8 list all compiled code: 20 to 150 ms in a real
 * program, so a profile restarted on a timer would itself be the blocker. But
 * while one profile runs, a second one starts in 0.2 ms and the first ends in
 * 0.4 ms: each chunk overlaps with its successor, and V8 never goes back to
 * nothing. `console.profile` starts them, because of `Profiler.start` there
 * can be only one.
 */
export class RollingProfile {
  readonly #session: inspector.Session;
  readonly #profile: (title: string) => void;
  readonly #profileEnd: (title: string) => void;
  readonly #chunks = new Map<
    string,
    { from: number; to: number; turn: number }
  >();
  #waiting: Waiting[] = [];
  #current: { title: string; from: number };
  #number = 0;
  readonly #users = new Set<Spent>();
  readonly #length = new ChunkLength();
  #turn = 0;
  #pause = SHORTEST_CHUNK_MS;
  #lastAsked = -Infinity;

  constructor() {
    // The program may replace the console's methods later.
    const { profile, profileEnd } = console;
    this.#profile = (title) => profile.call(console, title);
    this.#profileEnd = (title) => profileEnd.call(console, title);
    const now = performance.now();
    this.#session = new inspector.Session();
    this.#session.connect();
    try {
      this.#session.on(
        "Profiler.consoleProfileFinished",
        (message: Finished) => this.#finished(message),
      );
      this.#session.post("Profiler.enable");
      this.#session.post("Profiler.setSamplingInterval", {
        interval: SAMPLE_EVERY_US,
      });
      this.#current = this.#begin(now);
    } catch (error) {
      this.#session.disconnect();
      throw error;
    }
  }

  #begin(now: number): { title: string; from: number } {
    const title = `loophound ${++this.#number}`;
    this.#profile(title);
    return { title, from: now };
  }

  /** Calls back with the chunk that holds the time up to `to`, or null when none comes. */
  whenCovered(to: number, done: (chunk: ProfileChunk | null) => void): void {
    this.#waiting.push({ to, done });
  }

  /** Cuts at the next tick whatever is waited for. */
  hurry(): void {
    this.#pause = 0;
  }

  /**
   * To be called between two turns of the loop, so that no stretch lies in
   * two chunks. Cuts a chunk when one is wanted or long enough.
   */
  tick(now: number): void {
    this.#turn++;
    const age = now - this.#current.from;
    if (this.#waiting.length > 0) {
      if (age < this.#pause) return;
      // A program that blocks all the time is looked at once in a second.
      this.#pause = now - this.#lastAsked < 2 * this.#pause
        ? Math.min(LONGEST_PAUSE_MS, this.#pause * 1.5)
        : SHORTEST_CHUNK_MS;
      this.#lastAsked = now;
    } else if (age < this.#length.ms) return;
    this.#cut(now);
  }

  #cut(now: number): void {
    const ending = this.#current;
    this.#current = this.#begin(now);
    const times = { from: ending.from, to: now, turn: this.#turn };
    this.#chunks.set(ending.title, times);
    this.#profileEnd(ending.title);
  }

  /** Deno delivers at the end of the very turn that cuts. */
  #finished({ params: { title, profile } }: Finished): void {
    const times = this.#chunks.get(title);
    if (times === undefined) return;
    this.#chunks.delete(title);
    const { from, to, turn } = times;
    const delivered = performance.now();
    const turnFrom = turn === this.#turn ? to : delivered;
    this.#length.learn(delivered - turnFrom, to - from);
    const chunk = { from, to, profile, turnFrom };
    const covered = this.#waiting.filter((it) => it.to <= to);
    this.#waiting = this.#waiting.filter((it) => it.to > to);
    for (const { done } of covered) done(chunk);
    const now = performance.now();
    for (const spent of this.#users) spent(turnFrom, now);
  }

  retain(user: Spent): void {
    this.#users.add(user);
  }

  /** @returns Whether that was the last user, and it has stopped. */
  release(user: Spent): boolean {
    this.#users.delete(user);
    if (this.#users.size > 0) return false;
    for (const { done } of this.#waiting) done(null);
    this.#waiting = [];
    this.#chunks.clear();
    try {
      this.#profileEnd(this.#current.title);
      this.#session.post("Profiler.disable");
    } finally {
      this.#session.disconnect();
    }
    return true;
  }
}

/** Promise hooks may come in many; a profile is the whole isolate's. */
let shared: RollingProfile | null = null;

/**
 * The profile of this isolate, started by its first user. Each user calls
 * `releaseProfile` once.
 *
 * @param user Told of the time in which the profile's chunks held the loop.
 * @throws {Error} The host has no inspector, or may not use it
 * (`--allow-sys`).
 */
export function retainProfile(user: Spent): RollingProfile {
  if (shared === null && !isGranted({ name: "sys", kind: "inspector" })) {
    throw new Error("--allow-sys is not granted");
  }
  shared ??= new RollingProfile();
  shared.retain(user);
  return shared;
}

/** Ends the profile with its last user. */
export function releaseProfile(profile: RollingProfile, user: Spent): void {
  if (profile.release(user) && profile === shared) shared = null;
}
