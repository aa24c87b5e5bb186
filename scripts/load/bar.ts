/** What a line of progress says. */
export interface BarState {
  /** `uploading`, `queued`, or what the job says it is doing. */
  doing: string;
  done: number;
  /** 0: not known. */
  total: number;
  /** Bytes a second. */
  rate: number;
  eta_s: number | null;
  /** After the first one it is said. @default {1} */
  attempt?: number;
}

const units = ["B", "kB", "MB", "GB", "TB"];

/** Bytes as people read them: `4.4 MB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Seconds as a clock shows them: `1:05`, `1:02:03`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  const clock = minutes < 60
    ? `${minutes}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}`;
  return `${clock}:${pad(whole % 60)}`;
}

function shareOf({ done, total }: BarState): number | undefined {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : undefined;
}

/** What a line says besides the bar, the most important first. */
function partsOf(state: BarState): string[] {
  const { done, total, rate, eta_s, attempt = 1 } = state;
  const share = shareOf(state);
  const parts: string[] = [];
  if (share !== undefined) {
    parts.push(`${Math.floor(share * 100)} %`.padStart(5));
    parts.push(`${formatBytes(done)} of ${formatBytes(total)}`);
  } else if (done > 0) parts.push(formatBytes(done));
  if (rate > 0) parts.push(`${formatBytes(rate)}/s`);
  if (eta_s !== null && share !== 1) parts.push(`${formatSeconds(eta_s)} left`);
  if (attempt > 1) parts.push(`attempt ${attempt}`);
  return parts;
}

/** A line for a log: no bar. */
export function renderLine(state: BarState): string {
  return [state.doing, ...partsOf(state).map((part) => part.trim())].join(
    ", ",
  );
}

const widestBar = 30;
const narrowestBar = 8;

/**
 * A line for a terminal, never wider than it: where there is no room, the bar
 * gets shorter, and then what stands last is left out.
 *
 * @param columns Width of the terminal in characters.
 */
export function renderBar(state: BarState, columns: number): string {
  const doing = state.doing.padEnd(10);
  const share = shareOf(state);
  const parts = partsOf(state);
  for (;;) {
    const text = [doing, ...parts].join("  ");
    // Two spaces and two brackets.
    const room = columns - text.length - 4;
    if (share === undefined && room >= -4) return text.trimEnd();
    if (share !== undefined && room >= narrowestBar) {
      const width = Math.min(widestBar, room);
      const full = Math.floor(share * width);
      const bar = `[${"█".repeat(full)}${"░".repeat(width - full)}]`;
      return [doing, bar, ...parts].join("  ");
    }
    if (parts.length === 0) return doing.trimEnd().slice(0, columns);
    parts.pop();
  }
}
