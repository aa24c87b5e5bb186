import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { Backend } from "../src/backend.ts";
import {
  evidenceComposition,
  sourceDistributions,
  sourceOverlaps,
  summary,
} from "../src/collections/genes/statistics.ts";
import type { HeavyQuery } from "../src/db/types.ts";
import { afterHeaders, afterOf } from "./position.ts";
import {
  createRouter,
  jsonContent,
  passThrough,
  plainText,
  problemContent,
} from "./router.ts";

const tags = ["statistics"];
const responses = {
  200: jsonContent("The figures"),
  400: problemContent("A parameter is not valid"),
  503: problemContent("All threads are busy"),
  504: problemContent("The deadline passed"),
};
const flag = z.enum(["true", "false", "1", "0"]).transform((text) =>
  text === "true" || text === "1"
);
const chosen = {
  hide_zero_scores: flag.default(false),
};

/** `/api/statistics/*`: run and written as JSON on the heavy lane. */
export function statisticsRoutes(backend: Backend) {
  /** Bytes pass through: the loop neither decodes nor encodes them. */
  async function answer(c: Context, query: HeavyQuery): Promise<never> {
    const body = await backend.engine.heavy.run(query, {
      signal: c.req.raw.signal,
      deadlineMs: backend.config.heavyDeadlineMs,
      ...afterOf(c),
    });
    return passThrough(
      c.body(body, 200, { "content-type": "application/json" }),
    );
  }

  const router = createRouter();
  router.openapi(
    createRoute({
      method: "get",
      path: "/summary",
      tags,
      summary: "The figures of an overview",
      request: { query: z.strictObject({}), headers: afterHeaders },
      responses,
    }),
    (c) => answer(c, summary()),
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/source-overlaps",
      tags,
      summary: "Genes by the sources that name them: UpSet sets, intersections",
      request: {
        query: z.strictObject({
          ...chosen,
          detail: flag.default(false),
          sources: plainText(10_000).transform((text) =>
            text.split(",").map((name) => name.trim()).filter(Boolean)
          ).optional(),
        }),
        headers: afterHeaders,
      },
      responses,
    }),
    (c) => {
      const { detail, hide_zero_scores, sources } = c.req.valid("query");
      return answer(
        c,
        sourceOverlaps({
          detail,
          hideZeroScores: hide_zero_scores,
          ...(sources === undefined ? {} : { sources }),
        }),
      );
    },
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/source-distributions",
      tags,
      summary: "How many items name a gene, and scores, source by source",
      request: { query: z.strictObject(chosen), headers: afterHeaders },
      responses,
    }),
    (c) =>
      answer(
        c,
        sourceDistributions({
          hideZeroScores: c.req.valid("query").hide_zero_scores,
        }),
      ),
  );
  router.openapi(
    createRoute({
      method: "get",
      path: "/evidence-composition",
      tags,
      summary: "What the evidence is made of: tiers, groups, sources",
      request: { query: z.strictObject(chosen), headers: afterHeaders },
      responses,
    }),
    (c) =>
      answer(
        c,
        evidenceComposition({
          hideZeroScores: c.req.valid("query").hide_zero_scores,
        }),
      ),
  );
  return router;
}
