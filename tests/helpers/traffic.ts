/** What came of a stretch of traffic. Times in milliseconds. */
export interface TrafficFigures {
  requests: number;
  errors: number;
  p50: number;
  p99: number;
  max: number;
}

/** Answers the value at a share (0–1) of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[
    Math.min(sorted.length - 1, Math.floor(share * sorted.length))
  ] ??
    NaN;
}

/** Answers whether the status of an answer is an error. */
type IsError = (status: number) => boolean;

const serverFailed: IsError = (status) => status >= 500;

/** Sends one request and reads the answer; true where it is an error. */
async function isError(url: string, judge: IsError): Promise<boolean> {
  try {
    // deno-lint-ignore loophound/fetch-needs-deadline -- a timer a request would change what is measured
    const response = await fetch(url);
    await response.arrayBuffer();
    return judge(response.status);
  } catch {
    return true;
  }
}

function figuresOf(latencies: number[], errors: number): TrafficFigures {
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    errors,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    max: latencies.at(-1) ?? NaN,
  };
}

/** Options of {@linkcode sendTraffic}. */
export interface TrafficOptions {
  perSecond: number;
  signal: AbortSignal;
  /**
   * Which answers count as errors, besides those that never came.
   *
   * @default {(status) => status >= 500}
   */
  isError?: IsError;
}

/**
 * Sends requests at a fixed rate, whatever comes back, until the signal is
 * aborted. Latency counts from the moment at which a request was due, so that
 * a stalled server cannot hide by slowing the clients down.
 */
export async function sendTraffic(
  url: () => string,
  options: TrafficOptions,
): Promise<TrafficFigures> {
  const { perSecond, signal, isError: judge = serverFailed } = options;
  const latencies: number[] = [];
  let errors = 0;
  const pending = new Set<Promise<void>>();
  const start = performance.now();
  const send = async (due: number) => {
    if (await isError(url(), judge)) errors++;
    latencies.push(performance.now() - due);
  };
  let sent = 0;
  while (!signal.aborted) {
    const due = start + sent * 1000 / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const request = send(due).finally(() => pending.delete(request));
    pending.add(request);
    sent++;
  }
  await Promise.all(pending);
  return figuresOf(latencies, errors);
}

/** Traffic for a number of milliseconds. */
export async function trafficFor(
  url: () => string,
  options: Omit<TrafficOptions, "signal"> & { ms: number },
): Promise<TrafficFigures> {
  const { ms, ...rest } = options;
  return await sendTraffic(url, { ...rest, signal: AbortSignal.timeout(ms) });
}

/** Options of {@linkcode closedLoop}. */
export interface ClosedLoopOptions {
  /** How many ask at the same time. */
  clients: number;
  /** How many requests they send at most, all together. */
  requests: number;
  /**
   * Milliseconds after which they send no more.
   *
   * @default {Infinity}
   */
  ms?: number;
  /**
   * Which answers count as errors, besides those that never came.
   *
   * @default {(status) => status >= 500}
   */
  isError?: IsError;
}

/**
 * Clients that ask again as soon as they are answered, until all requests are
 * sent or the time is over. Latency counts from the request.
 */
export async function closedLoop(
  url: () => string,
  options: ClosedLoopOptions,
): Promise<TrafficFigures & { perSecond: number }> {
  const { clients, requests, ms = Infinity, isError: judge = serverFailed } =
    options;
  const latencies: number[] = [];
  let errors = 0;
  let left = requests;
  const start = performance.now();
  const client = async () => {
    while (left-- > 0 && performance.now() - start < ms) {
      const asked = performance.now();
      if (await isError(url(), judge)) errors++;
      latencies.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - start) / 1000;
  return {
    ...figuresOf(latencies, errors),
    perSecond: latencies.length / seconds,
  };
}
