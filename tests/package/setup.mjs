// Brings the runtimes that the matrix needs: npm packages into the cache folder, browsers from Debian.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { at, Failure, run } from "../../tools/lib/house.mjs";
import { note, step } from "../../tools/lib/progress.mjs";
import { installDebian } from "../../tools/lib/setup.mjs";
import { hashOf } from "../../tools/lib/stamp.mjs";
import { browserPrograms } from "./runtimes/browsers.mjs";

const manifests = ["package.json", "package-lock.json", ".npmrc"];

/** Where the packages are: `set` is "core" or "all". Two checkouts with one lock file share them. */
export function packagesFolder(set) {
  const cache = process.env.AGENTLATTICE_CACHE || join(homedir(), ".cache/agentlattice");
  const hash = hashOf(manifests.map((file) => `tests/package/${file}`));
  return join(cache, `package-tests-${set}-${hash.slice(0, 12)}`);
}

/** What cannot be had is said here, and fails the tests that need it. */
export async function setupMatrix(set) {
  const folder = packagesFolder(set);
  const done = join(folder, ".installed");
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    for (const file of manifests) copyFileSync(at("tests/package", file), join(folder, file));
    const omit = set === "core" ? ["--omit=dev"] : [];
    const what = set === "core" ? "workerd, checks of types" : "runtimes and bundlers (1.5 GB)";
    await step(`npm packages for tests/package: ${what}`, async () => {
      // The scripts of these packages only look for what npm has brought already.
      const args = [
        "ci",
        "--prefix",
        folder,
        "--ignore-scripts",
        "--prefer-offline",
        "--loglevel=error",
      ];
      await run("npm", [...args, ...omit]);
      copyFileSync(join(folder, "package.json"), done);
    });
  }
  const missing = browserPrograms.filter(
    ({ core, program }) => (core || set === "all") && !existsSync(program),
  );
  if (missing.length === 0) return;
  try {
    const names = missing.map(({ name }) => name);
    await installDebian(
      names,
      missing.flatMap(({ packages }) => packages),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note(`${error.message}\n  until then the tests that need it fail`);
  }
}
