// Makes web/made from web/src: `npm ci && npm run build`, or the CMake target `page`. The same sources make the same bytes.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { gemoji } from "gemoji";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "made");
const targets = ["chrome111", "firefox113", "safari16.4"];

/** What src/made.js is there. @param {object} values @returns {import("esbuild").Plugin} */
const made = (values) => ({
  name: "made",
  setup: (to) => to.onLoad({ filter: /src\/made\.js$/ }, () => ({ contents: `export const made = ${JSON.stringify(values)};` })),
});

/** @param {string[]} entries @param {object} values @returns {Promise<string[]>} their texts */
async function bundle(entries, values = {}) {
  const done = await build({
    absWorkingDir: here,
    entryPoints: entries,
    bundle: true,
    minify: true,
    format: "esm",
    target: targets,
    charset: "utf8",
    legalComments: "none",
    outdir: "out",
    write: false,
    plugins: [made(values)],
  });
  return done.outputFiles.map((file) => file.text);
}

/** @type {Map<string, string>} */
const named = new Map();
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

/** @param {string | Uint8Array} content */
const hash_of = (content) => createHash("sha256").update(content).digest("hex").slice(0, 10);

/** A file named after what is in it, so that browsers may keep it for good. */
async function put(/** @type {string} */ name, /** @type {string | Uint8Array} */ content) {
  const [stem, kind] = name.split(".");
  const full = `${stem}-${hash_of(content)}.${kind}`;
  named.set(name, `/page/${full}`);
  await writeFile(join(out, full), content);
}

/** With the names of the others in it. */
async function fill_in(/** @type {string} */ file) {
  const text = await readFile(join(here, "src", file), "utf8");
  return text.replace(/\{([\w-]+\.\w+)\}/g, (_, name) => named.get(name) ?? `{${name}}`);
}

for (const icon of ["icon.svg", "icon-192.png", "icon-512.png"]) await put(icon, await readFile(join(here, "src/icons", icon)));
// A group of emoji is lines: "😀 grinning|smile happy" (src/state/emoji.js).
const groups = [...new Set(gemoji.map((one) => one.category))].map((category) => gemoji.filter((one) => one.category === category));
const lines = groups.map((group) => group.map(({ emoji, names, tags }) => `${emoji} ${names.join(" ")}|${tags.join(" ")}`).join("\n"));
await put("emoji.js", `export const groups=${JSON.stringify(lines)};`);
const [script, style] = await bundle(["src/main.js", "src/style/main.css"], { emoji: named.get("emoji.js") });
await put("page.js", script);
await put("page.css", style);
const [operate, operate_style] = await bundle(["src/operate/main.js", "src/style/operate.css"]);
await put("operate.js", operate);
await put("operate.css", operate_style);
await writeFile(join(out, "operate.html"), await fill_in("operate.html"));
const page = await fill_in("index.html");
await writeFile(join(out, "index.html"), page);
await writeFile(join(out, "manifest.webmanifest"), await fill_in("manifest.webmanifest"));
const files = ["/", "page.js", "page.css", "icon.svg"].map((name) => named.get(name) ?? name);
const [worker] = await bundle(["src/worker.js"], { files, version: hash_of(page), icon: named.get("icon-192.png") });
await writeFile(join(out, "worker.js"), worker);
for (const name of (await readdir(out)).sort()) console.log(name);
