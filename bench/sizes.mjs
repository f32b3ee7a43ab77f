// How large the package is: each module, its glue, and the rest of the JavaScript.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../npm/dist/", import.meta.url));

export function sizes() {
  const files = readdirSync(dist, { recursive: true }).sort();
  const named = (pattern) => files.filter((file) => pattern.test(file));
  return [
    ...named(/\.wasm$/).map((file) => measure(file, [file])),
    ...named(/\.mjs$/).map((file) => measure(`${file} (glue)`, [file])),
    measure("all other JavaScript, not minified", named(/\.js$/)),
  ];
}

function measure(name, files) {
  const bytes = Buffer.concat(files.map((file) => readFileSync(`${dist}${file}`)));
  return {
    file: name,
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
  };
}
