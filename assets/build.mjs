// Builds the map: the bundle of the element, the layout's worker and the index in WebAssembly, into priv/static/app/map.
// With --test it builds the tests instead, into .test.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../priv/static/app/map");
const common = { bundle: true, format: "esm", target: "es2022", legalComments: "linked", logLevel: "warning" };

if (process.argv.includes("--test")) {
  const tests = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
  rmSync(join(here, ".test"), { recursive: true, force: true });
  await build({ ...common, platform: "node", entryPoints: tests.map((name) => join(here, "test", name)), outdir: join(here, ".test"), outExtension: { ".js": ".mjs" } });
  wasm(join(here, ".test/origins.wasm"));
} else {
  mkdirSync(out, { recursive: true });
  await build({ ...common, minify: true, platform: "browser", entryPoints: { "god-view": join(here, "src/element.ts"), layout: join(here, "src/layout-worker.ts") }, outdir: out });
  if (!wasm(join(out, "origins.wasm"))) {
    console.warn("no compiler here has the target wasm32-unknown-unknown: the map selects in JavaScript. `rustup target add wasm32-unknown-unknown`, or Debian's rustc, libstd-rust-dev-wasm32 and lld, serve.");
  }
}

// The first compiler that has the target: rustup's, or Debian's own beside it, which needs Debian's linker.
function wasm(to) {
  const source = join(here, "../native/origins/src/lib.rs");
  const options = ["--edition=2021", "--crate-type=cdylib", "--crate-name=origins", "--target=wasm32-unknown-unknown", "-Copt-level=3", "-Cpanic=abort", "-Cstrip=symbols"];
  for (const rustc of ["rustc", "/usr/bin/rustc"]) {
    try {
      const libraries = execFileSync(rustc, ["--print=target-libdir", "--target=wasm32-unknown-unknown"], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
      if (!existsSync(libraries)) continue;
      execFileSync(rustc, [...options, "-o", `${to}.new`, source], { stdio: ["ignore", "ignore", "inherit"] });
      copyFileSync(`${to}.new`, to);
      rmSync(`${to}.new`);
      return true;
    } catch {
      continue;
    }
  }
  rmSync(to, { force: true });
  return false;
}
