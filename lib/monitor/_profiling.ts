import { Attributor } from "./_attribution.ts";
import { explain } from "./_explain.ts";
import {
  type ProfileChunk,
  releaseProfile,
  retainProfile,
  type RollingProfile,
} from "./_rolling_profile.ts";

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
  #proven = false;
  #ticks = 0;

  /**
   * @throws {Error} `rolling` is wanted and the host cannot.
   */
  constructor(wanted: "auto" | "rolling" | "off", now: number) {
    if (wanted === "off") this.why = "switched off";
    else {
      try {
        this.profile = retainProfile();
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
   * Explains the first chunk for nothing: in the start-up, the 7 ms that the
   * code takes when it runs for the first time hold nobody up.
   */
  #prove(chunk: ProfileChunk | null): void {
    if (chunk === null) return;
    this.#proven = true;
    void this.attributor?.attribute(explain(chunk, chunk));
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
    if (profile !== null) releaseProfile(profile);
  }
}
