import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import {
  DEFAULT_GENE_SORT,
  GENE_SORT_FIELDS,
  geneAnnotationsDocument,
  geneDocument,
  geneEvidenceDocument,
  geneListDocument,
  type GeneListQuery,
} from "../src/collections/genes/queries.ts";
import { GROUPS, TIERS } from "../src/collections/genes/tiers.ts";
import { ProblemError } from "../src/errors.ts";
import { afterHeaders, afterOf } from "./position.ts";
import {
  createRouter,
  jsonContent,
  numberText,
  passThrough,
  plainText,
  problemContent,
} from "./router.ts";

const tags = ["genes"];
const MAX_IDS = 5_000;

const list = plainText(200_000).transform((text) =>
  text.split(",").map((item) => item.trim()).filter((item) => item !== "")
);

/** Comma-separated names, each one of those that exist. */
function listOf<const T extends string>(names: readonly T[]) {
  return list.pipe(z.array(z.enum(names)).min(1));
}

const number = numberText(z.number());
const count = numberText(z.number().int().min(0));
const flag = z.enum(["true", "false", "1", "0"]).transform((text) =>
  text === "true" || text === "1"
);

const listQuery = z.strictObject({
  "page[number]": numberText(z.number().int().min(1).max(1_000_000))
    .default(1),
  "page[size]": numberText(z.number().int().min(1).max(100)).default(20),
  sort: z.string().default(DEFAULT_GENE_SORT),
  "filter[search]": plainText(200).optional(),
  "filter[min_score]": number.optional(),
  "filter[max_score]": number.optional(),
  "filter[min_count]": count.optional(),
  "filter[max_count]": count.optional(),
  "filter[source]": list.optional(),
  "filter[tier]": listOf(TIERS.map(({ tier }) => tier)).optional(),
  "filter[group]": listOf(GROUPS).optional(),
  "filter[ids]": list.pipe(z.array(z.string()).max(MAX_IDS)).optional(),
  "filter[hide_zero_scores]": flag.default(false),
});

function asListQuery(query: z.output<typeof listQuery>): GeneListQuery {
  const asked = {
    page: query["page[number]"],
    size: query["page[size]"],
    sort: query.sort,
    search: query["filter[search]"],
    minScore: query["filter[min_score]"],
    maxScore: query["filter[max_score]"],
    minCount: query["filter[min_count]"],
    maxCount: query["filter[max_count]"],
    sources: query["filter[source]"],
    tiers: query["filter[tier]"],
    groups: query["filter[group]"],
    ids: query["filter[ids]"],
    hideZeroScores: query["filter[hide_zero_scores]"],
  };
  // An optional field that was not given is left out, not set to undefined.
  return Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  );
}

function pageLink(path: string, query: string) {
  return (page: number): string => {
    const parameters = new URLSearchParams(query);
    parameters.set("page[number]", String(page));
    return `${path}?${parameters}`;
  };
}

/** Who asks for what was written a moment ago gets no answer from before. */
function freshFor(c: Context): { fresh: boolean } {
  return { fresh: afterOf(c).after !== undefined };
}

function json(c: Context, body: string): never {
  return passThrough(
    c.body(body, 200, { "content-type": "application/json" }),
  );
}

/** `/api/genes`: the list, and one gene with its evidence and annotations. */
export function geneRoutes(backend: Backend) {
  const router = createRouter();
  const { light } = backend.engine;

  router.openapi(
    createRoute({
      method: "get",
      path: "/",
      tags,
      summary: "Genes, JSON:API",
      description: `Sorted by any of ${
        GENE_SORT_FIELDS.join(", ")
      }; \`-\` before a field for descending.`,
      request: { query: listQuery, headers: afterHeaders },
      responses: {
        200: jsonContent("`{data[{type,id,attributes}], meta, links}`"),
        400: problemContent("A parameter is not valid"),
      },
    }),
    async (c) => {
      const query = asListQuery(c.req.valid("query"));
      const search = new URL(c.req.url).search;
      const body = await backend.cache.getOrFetch(
        `list ${search}`,
        () =>
          geneListDocument(light, query, {
            link: pageLink(c.req.path, search),
          }),
        freshFor(c),
      );
      return json(c, body ?? "");
    },
  );

  const details = [
    ["/{symbol}", "One gene with scores, evidence, annotations", geneDocument],
    ["/{symbol}/evidence", "The evidence of a gene", geneEvidenceDocument],
    [
      "/{symbol}/annotations",
      "The annotations of a gene, one object a source",
      geneAnnotationsDocument,
    ],
  ] as const;
  for (const [path, summary, document] of details) {
    router.openapi(
      createRoute({
        method: "get",
        path,
        tags,
        summary,
        description:
          "`symbol`: approved, previous or alias, in any case, or an HGNC id.",
        request: {
          params: z.object({ symbol: plainText(200) }),
          headers: afterHeaders,
        },
        responses: {
          200: jsonContent("The document"),
          404: problemContent("No such gene"),
        },
      }),
      async (c) => {
        const { symbol } = c.req.valid("param");
        const body = await backend.cache.getOrFetch(
          `${path} ${symbol}`,
          () => document(light, symbol),
          freshFor(c),
        );
        if (body === undefined) {
          throw new ProblemError("not-found", {
            detail: `There is no gene "${symbol.slice(0, 100)}"`,
          });
        }
        return json(c, body);
      },
    );
  }
  return router;
}
