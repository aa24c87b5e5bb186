/** Upper bounds of the buckets, milliseconds. */
const BOUNDS_MS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1000,
  2000,
  5000,
  10_000,
];

/** Cumulative counts under upper bounds. */
export interface TimeHistogram {
  buckets: { le_ms: number; count: number }[];
  sum_ms: number;
  count: number;
}

/** What the requests of one route did. */
export interface RouteStats {
  /** `GET /api/genes/:symbol`. */
  route: string;
  requests: number;
  /** Answers by first digit of their status: `2xx`, `4xx`. */
  by_status: Record<string, number>;
  wall: TimeHistogram;
  own: TimeHistogram;
}

class Times {
  readonly #counts = new Array<number>(BOUNDS_MS.length).fill(0);
  #sum = 0;
  #count = 0;

  record(ms: number): void {
    this.#sum += ms;
    this.#count++;
    for (let i = 0; i < BOUNDS_MS.length; i++) {
      if (ms <= BOUNDS_MS[i]!) {
        this.#counts[i]!++;
        return;
      }
    }
  }

  get(): TimeHistogram {
    let seen = 0;
    const buckets = BOUNDS_MS.map((le_ms, i) => {
      seen += this.#counts[i]!;
      return { le_ms, count: seen };
    });
    buckets.push({ le_ms: Infinity, count: this.#count });
    return { buckets, sum_ms: this.#sum, count: this.#count };
  }
}

interface Route {
  wall: Times;
  own: Times;
  byStatus: Map<string, number>;
}

/** Sums of the requests by route; beyond `maxRoutes` routes in one of the name `(other)`. */
export class RequestStats {
  readonly #maxRoutes: number;
  readonly #routes = new Map<string, Route>();

  constructor(maxRoutes: number) {
    this.#maxRoutes = maxRoutes;
  }

  record(
    label: string,
    status: number,
    times: { wall_ms: number; own_ms: number },
  ): void {
    const route = this.#routes.get(label) ?? this.#add(label);
    route.wall.record(times.wall_ms);
    route.own.record(times.own_ms);
    const family = STATUS_FAMILIES[Math.floor(status / 100)] ?? "other";
    route.byStatus.set(family, (route.byStatus.get(family) ?? 0) + 1);
  }

  #add(label: string): Route {
    const name = this.#routes.size < this.#maxRoutes ? label : "(other)";
    let route = this.#routes.get(name);
    if (route === undefined) {
      route = { wall: new Times(), own: new Times(), byStatus: new Map() };
      this.#routes.set(name, route);
    }
    return route;
  }

  all(): RouteStats[] {
    return [...this.#routes].map(([route, { wall, own, byStatus }]) => {
      const times = wall.get();
      return {
        route,
        requests: times.count,
        by_status: Object.fromEntries(byStatus),
        wall: times,
        own: own.get(),
      };
    });
  }
}

const STATUS_FAMILIES = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
