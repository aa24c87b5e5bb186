/** What was seen of a replica, once. */
export interface LagLook {
  /** Milliseconds, by any clock that only moves forward. */
  now: number;
  /** The replica's position; undefined: it has none. */
  replayed: bigint | undefined;
  /**
   * The time by the primary's clock minus the time of the last commit that
   * the replica has replayed, milliseconds; undefined: not known.
   */
  sinceCommitMs?: number | undefined;
}

/** Tells how far a replica is behind. */
export interface LagMeter {
  /** Notes where the primary stood, not later than `at`. */
  primary(position: bigint, at: number): void;
  /**
   * How far the replica is behind at most: in milliseconds (Infinity: not
   * known) and in bytes of the log (null: not known).
   */
  lag(look: LagLook): { lagMs: number; behindBytes: number | null };
}

/** More samples are thinned out, which can only make a lag look longer. */
const maxSamples = 512;

/**
 * Makes a meter. It remembers when the primary stood where: a replica that has
 * replayed up to a remembered position shows what the primary showed then. So
 * no server's clock is compared with another's, and a primary that writes
 * nothing does not look like a replica that falls behind, as it does to
 * `now() - pg_last_xact_replay_timestamp()`.
 */
export function createLagMeter(): LagMeter {
  let samples: { position: bigint; at: number }[] = [];
  return {
    primary(position, at) {
      const last = samples.at(-1);
      if (last?.position === position) {
        last.at = at;
        return;
      }
      samples.push({ position, at });
      if (samples.length > maxSamples) {
        const { length } = samples;
        samples = samples.filter((_, i) => i % 2 === 0 || i === length - 1);
      }
    },
    lag({ now, replayed, sinceCommitMs = Infinity }) {
      const newest = samples.at(-1);
      if (replayed === undefined || newest === undefined) {
        return { lagMs: Infinity, behindBytes: null };
      }
      const behindBytes = Number(newest.position - replayed);
      const reached = samples.findLastIndex(({ position }) =>
        position <= replayed
      );
      if (reached > 0) samples.splice(0, reached);
      const since = reached === -1 ? Infinity : now - samples[0]!.at;
      return {
        lagMs: Math.max(0, Math.min(since, sinceCommitMs)),
        behindBytes: Math.max(0, behindBytes),
      };
    },
  };
}
