// Bundle the libraries of the browser: one script each, that runs under a policy without inline styles.
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
const common = {
  absWorkingDir: folder,
  banner: { js: "/* Sera's browser libraries 1 */" },
  bundle: true,
  format: "iife",
  legalComments: "eof",
  logLevel: "warning",
  minify: true,
  target: "es2020",
};

// model-viewer writes its looks as a <style> into its shadow tree, which our policy refuses. The same rules as a
// sheet that script adopts are allowed.
const looks = {
  name: "looks",
  setup(builder) {
    builder.onLoad({ filter: /model-viewer\/lib\/template\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const [style, rules] = text.match(/<style>([\s\S]*?)<\/style>/);
      const contents = `${text.replace(style, "")}\nglobalThis.SeraViewerLooks = ${JSON.stringify(rules)};`;
      return { contents, loader: "js" };
    });
  },
};

await build({ ...common, entryPoints: ["drawing.js"], outfile: "bundles/drawing.js" });
await build({
  ...common,
  // What decodes compressed models needs WebAssembly, which the policy refuses, too: ours are not compressed.
  define: { WebAssembly: "undefined" },
  entryPoints: ["viewer.js"],
  outfile: "bundles/model-viewer.js",
  plugins: [looks],
});

// The licences of all that is in the bundles go with them.
const { packages } = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
const licences = [];
for (const [place, entry] of Object.entries(packages)) {
  if (!place || entry.dev) continue;
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].find((name) => existsSync(join(folder, place, name)));
  const text = file ? await readFile(join(folder, place, file), "utf8") : "";
  licences.push(`${place.replace(/^.*node_modules\//, "")} ${entry.version}: ${entry.license}\n\n${text}`);
}
await writeFile(join(folder, "bundles", "licences.txt"), licences.join("\n\n----\n\n"));
