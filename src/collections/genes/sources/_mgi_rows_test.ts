import assert from "node:assert/strict";
import { zygosityOf } from "./_mgi_rows.ts";

Deno.test("zygosityOf() counts wild-type alleles, and knows a recombinase", () => {
  const cases: [string, string][] = [
    ["Pkd1<tm1Gzb>/Pkd1<tm1Gzb>", "hm"],
    ["Pkd1<tm1Gzb>/Y", "hm"],
    ["Pkd1<tm1Gzb>/Pkd1<+>", "ht"],
    ["Pkd1<+>/Pkd1<+>", "ot"],
    ["Pkd1<tm2Ggg>/Pkd1<tm2Ggg>,Tg(Cdh16-cre)91Igr/0", "cn"],
    ["Wt1<tm1(EGFP/cre)Wtp>/Wt1<+>", "cn"],
    ["Six2<tm3(EGFP/cre/ERT2)Amc>/Six2<+>", "cn"],
    ["Pax8<tm1.1(cre)Mbu>/Pax8<+>", "cn"],
    ["Tg(Ggt1-icre)1Smp/0", "cn"],
    ["Tg(Ggt1-iCre)1Smp/0", "cn"],
    // cAMP response elements, and names that only begin alike.
    ["Tg(CRE-luc)1Smp/0", "hm"],
    ["Tg(Creb1-EGFP)1Smp/Creb1<+>", "ht"],
    ["Cre<tm1>/Cre<tm1>", "hm"],
  ];
  for (const [composition, zygosity] of cases) {
    assert.equal(zygosityOf(composition), zygosity, composition);
  }
});
