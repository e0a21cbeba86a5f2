// Builds the script and the style of the console from what stands beside this file and the packages that
// tests/contract/package-lock.json pins: node build.mjs NODE_MODULES FOLDER. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = dirname(fileURLToPath(import.meta.url));
const ENTRIES = ["console.ts", "editor.ts", "verify.ts", "style.css"];
const MODULES = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

const [modules, folder] = process.argv.slice(2);
const { build } = createRequire(join(modules, "x.js"))("esbuild");
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(join(folder, name));

const names = {};
const packages = new Set();
for (const entry of ENTRIES) {
  const result = await build({
    entryPoints: [join(SOURCE, entry)],
    absWorkingDir: SOURCE,
    nodePaths: [modules],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022"],
    charset: "utf8",
    legalComments: "none", // the licences are in LICENSES.txt, whole
    metafile: true,
    write: false,
    outdir: folder,
  });
  for (const input of Object.keys(result.metafile.inputs)) {
    const found = MODULES.exec(input);
    if (found) packages.add(found[1]);
  }
  for (const file of result.outputFiles) {
    const [stem, kind] = basename(file.path).split(/\.(?=[^.]*$)/);
    const digest = createHash("sha256").update(file.contents).digest("hex").slice(0, 12);
    names[`${stem}.${kind}`] = `${stem}-${digest}.${kind}`;
    writeFileSync(join(folder, `${stem}-${digest}.${kind}`), file.contents);
  }
}
writeFileSync(join(folder, "names.json"), JSON.stringify(names, null, 1) + "\n");
writeFileSync(join(folder, "LICENSES.txt"), [...packages].sort().map(licence).join("\n\n"));

function licence(name) {
  const home = join(modules, name);
  const { version, license } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const file = readdirSync(home).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} comes without the text of its licence`);
  const text = readFileSync(join(home, file), "utf8").trim().replaceAll("\r\n", "\n");
  return `${name} ${version} (${license})\n${"=".repeat(60)}\n${text}\n`;
}
