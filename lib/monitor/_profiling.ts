import { Attributor } from "./_attribution.ts";
import { explain } from "./_explain.ts";
import type { OwnTime } from "./_own_time.ts";
import { OwnWork, type Pieces } from "./_own_work.ts";
import {
  type ProfileChunk,
  releaseProfile,
  retainProfile,
  type RollingProfile,
} from "./_rolling_profile.ts";
import { warmUp } from "./_warm_up.ts";

/**
 * A profile that has not delivered after so many turns of the loop never will.
 * Turns, not time: the first thing that a program does may be a long block.
 */
const DELIVERS_WITHIN_TICKS = 1_000;

/** A monitor's share in the rolling profile, or the reason why there is none. */
export class Profiling implements Disposable {
  profile: RollingProfile | null = null;
  readonly attributor: Attributor | null;
  why: string | null = null;
  /** What is done with the chunks. */
  readonly work: OwnWork;
  readonly #spent: (from: number, to: number) => void;
  #proven = false;
  #ticks = 0;

  /**
   * @throws {Error} `rolling` is wanted and the host cannot.
   */
  constructor(
    wanted: "auto" | "rolling" | "off",
    now: number,
    own: Pick<OwnTime, "add">,
  ) {
    this.work = new OwnWork(own);
    this.#spent = (from, to) => own.add(from, to);
    if (wanted === "off") this.why = "switched off";
    else {
      try {
        this.profile = retainProfile(this.#spent);
        // Asks for a first chunk: a host may take the call and do nothing.
        this.profile.whenCovered(now, (chunk) => this.#prove(chunk));
      } catch (error) {
        this.why = error instanceof Error ? error.message : String(error);
        if (wanted === "rolling") {
          throw new Error(
            `Cannot start loop monitor with a rolling profile: ${this.why}`,
            { cause: error },
          );
        }
      }
    }
    this.attributor = this.profile === null ? null : new Attributor();
  }

  /**
   * Explains the first chunk for nothing: in the start-up, what the code takes
   * more when it runs for the first time holds nobody up.
   */
  #prove(chunk: ProfileChunk | null): void {
    if (chunk === null) return;
    this.#proven = true;
    const { attributor } = this;
    if (attributor === null) return;
    this.work.run(rehearse(attributor, chunk), chunk.turnFrom);
  }

  /** To be called at each tick of the loop. */
  tick(now: number): void {
    const { profile } = this;
    if (profile === null) return;
    profile.tick(now);
    if (this.#proven || ++this.#ticks < DELIVERS_WITHIN_TICKS) return;
    this.why = "this host's inspector delivers no profile";
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    const { profile } = this;
    this.profile = null;
    if (profile !== null) releaseProfile(profile, this.#spent);
  }
}

/** Does for nothing what will be done after a block. */
export function* rehearse(
  attributor: Attributor,
  chunk: ProfileChunk,
): Pieces<void> {
  yield;
  const { frames, ...rest } = explain(chunk, chunk);
  yield;
  // Callees are looked up in the source's text. Nothing is read here: a read
  // that nobody asked for would end in a test, whose sanitizer calls it a leak.
  yield* attributor.attribute({
    ...rest,
    frames: frames.map((frame) => ({ ...frame, callees: [] })),
  });
  yield* warmUp();
}
