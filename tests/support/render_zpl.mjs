// Draws ZPL as a label printer would: a line of JSON in, {zpl, dots_per_mm}, and a PNG in Base64 out, as one line.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { ready } = createRequire(`${process.argv[2]}/package.json`)("zpl-renderer-js");
const { api } = await ready;
for await (const line of createInterface({ input: process.stdin })) {
  const { zpl, dots_per_mm } = JSON.parse(line);
  process.stdout.write((await api.zplToBase64Async(zpl, 101.6, 152.4, dots_per_mm)) + "\n");
}
process.exit(0);
