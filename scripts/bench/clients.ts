import { closedLoop } from "../../tests/helpers/traffic.ts";
import { startCatalogue } from "./catalogue.ts";
import { anyGene, type Context, ENGINES, GENES } from "./context.ts";
import type { Figure } from "./figure.ts";

const CLIENTS = 100;
const REQUESTS = 4_000;
const MAX_MS = 6_000;

const SORTS = ["-evidence_score", "symbol", "-source_count"];

/** A page of the list, any of them. */
function anyPage(): string {
  const page = 1 + Math.floor(Math.random() * GENES / 20);
  const sort = SORTS[Math.floor(Math.random() * SORTS.length)];
  return `/api/genes?page[number]=${page}&page[size]=20&sort=${sort}`;
}

/** A hundred clients that ask again as soon as they are answered. */
export async function benchClients(context: Context): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const engine of ENGINES) {
    for (const cache of ["on", "off"] as const) {
      context.say(`clients: ${engine}, cache ${cache}`);
      await using server = await startCatalogue(context, engine, {
        env: cache === "off" ? { CACHE_ENTRIES: "0" } : {},
      });
      const ask = (path: () => string) =>
        closedLoop(() => server.url + path(), {
          clients: CLIENTS,
          requests: REQUESTS,
          ms: MAX_MS,
          isError: (status) => status !== 200,
        });
      // The first ones open the connections and compile the code.
      await ask(() => "/healthz");
      const nothing = await ask(() => "/healthz");
      const kinds = [
        ["lookup", () => `/api/genes/${anyGene()}`],
        ["list", anyPage],
      ] as const;
      for (const [kind, path] of kinds) {
        const { p99, errors, perSecond } = await ask(path);
        figures.push({
          section: `clients, ${engine}`,
          figure: `${kind} p99, cache ${cache}, ${perSecond.toFixed(0)}/s${
            errors === 0 ? "" : `, ${errors} ERRORS`
          }`,
          value: p99,
          unit: "ms",
          baseline: { what: "/healthz", value: nothing.p99 },
          goal: { text: "< 50 ms", met: p99 < 50 && errors === 0 },
        });
      }
    }
  }
  return figures;
}
