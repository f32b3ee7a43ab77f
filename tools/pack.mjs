// Runs before `npm pack ./npm` and `npm publish`: completes the package folder, and refuses to pack half of it.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { at, Failure } from "./lib/house.mjs";
import { main } from "./lib/progress.mjs";

await main(async () => {
  const { exports, imports } = JSON.parse(readFileSync(at("npm/package.json"), "utf8"));
  const modules = ["client", "agentlattice"];
  const glue = modules.map((name) => `./dist/${name}.mjs`);
  const promised = targetsOf({ exports, imports }).flatMap((target) =>
    modules.map((name) => target.replace("*", name)),
  );
  const missing = [...promised, ...glue].filter((path) => !existsSync(at("npm", path)));
  if (missing.length > 0)
    throw new Failure(`npm/ lacks ${missing.join(", ")}: run \`npm run build\` first`);
  for (const file of ["README.md", "LICENSE"]) copyFileSync(at(file), at("npm", file));
});

/** Every file that the conditions lead to. */
function targetsOf(entry) {
  return typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targetsOf);
}
