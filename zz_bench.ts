import process from "node:process";
import { openBytes, createRejectionLog, checkRows } from "@loophound/toolkit/csv";
import { readGct } from "./src/collections/genes/sources/_gct.ts";
import { fractionRows } from "./src/collections/genes/sources/_fraction_rows.ts";
const dir="/tmp/s100k/";
async function time(name: string, batches: AsyncIterable<{bytes:Uint8Array,rows:number}>) {
  const c0=process.threadCpuUsage(); const t=performance.now(); let b=0,r=0; for await (const x of batches){b+=x.bytes.length;r+=x.rows}
  const s=(performance.now()-t)/1000; const c1=process.threadCpuUsage(c0); console.log("cpu", ((c1.user+c1.system)/1e6).toFixed(2), name, s.toFixed(2)+"s", (b/1e6/s).toFixed(0)+" MB/s", r, (r/s|0)+" rows/s");
}
const rejections=createRejectionLog();
{ const t=performance.now(); let n=0; for await (const c of openBytes(dir+"gtex_median_tpm.gct.gz")) n+=c.length; console.log("gunzip", (performance.now()-t|0), n/1e6); }
for (let i=0;i<3;i++) await time("gct", readGct(openBytes(dir+"gtex_median_tpm.gct.gz"), {rejections,maxLineBytes:1<<20}).batches);
for (let i=0;i<3;i++) await time("fraction", fractionRows(openBytes(dir+"kidney_percentage.csv"), {rejections,maxRecordBytes:1<<20}).batches);
for (let i=0;i<3;i++) await time("tpm", checkRows(openBytes(dir+"kidney_tpm.csv"), {rejections,trim:true,columns:[{type:"text",required:true},{type:"float",required:true}]}).batches);
import { parseRecords } from "@loophound/toolkit/csv";
async function* pr(){ for await (const b of parseRecords(openBytes(dir+"kidney_percentage.csv"),{trim:true,relaxColumns:true})) yield {bytes:new Uint8Array(0),rows:b.length}; }
for (let i=0;i<3;i++) await time("parse only", pr());
