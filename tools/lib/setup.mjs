// Brings a fresh clone to where it can build: programs of this machine, compiler and libraries, npm packages.
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { Failure, run } from "./house.mjs";
import { note, step } from "./progress.mjs";
import { hashOf, unlessStamped } from "./stamp.mjs";

/** Programs that the machine must have, and the Debian package of each. */
const hostPrograms = {
  "g++": "g++",
  cmake: "cmake",
  python3: "python3",
  tar: "tar",
  xz: "xz-utils",
};
const cmakeMin = [3, 25];

/** What `npm run fuzz` needs besides; libFuzzer's runtime is a folder, no program. */
const fuzzPrograms = {
  "clang++-19": "clang-19",
  "/usr/lib/llvm-19/lib/clang/19/lib/linux": "libclang-rt-19-dev",
};

export const setupFuzzing = () => have(fuzzPrograms);

export async function setup() {
  await have(hostPrograms);
  await haveNewCmake();
  await step("compiler and C++ libraries", (show) =>
    run("bash", ["tools/setup-emscripten.sh"], {
      onLine: (line) => show(line.replace(/^toolchain: (\[.*?\] )?/, "")),
    }),
  );
  const manifests = ["package-lock.json", "package.json", "npm/package.json"];
  await unlessStamped("node_modules/.agentlattice-stamp", hashOf(manifests), () =>
    step("npm packages", () => run("npm", ["ci", "--prefer-offline", "--loglevel=error"])),
  );
}

/** Installs the packages of what is missing; without the right to do that, says how. */
async function have(programs) {
  const missing = Object.keys(programs).filter((program) => !onPath(program));
  if (missing.length > 0) {
    await installDebian(
      missing,
      missing.map((program) => programs[program]),
    );
  }
}

async function haveNewCmake() {
  const version = /(\d+)\.(\d+)/.exec(await run("cmake", ["--version"]));
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < cmakeMin[0] || (major === cmakeMin[0] && minor < cmakeMin[1])) {
    throw new Failure(`cmake is ${version[0]}; ${cmakeMin.join(".")} or newer is needed`);
  }
}

/** Installs Debian packages, or says how somebody who may can. `what`: what is missing, for people. */
export async function installDebian(what, packages) {
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    throw new Failure(
      `missing on this machine: ${what.join(", ")}\n` +
        `  as root, run: apt-get update && ${install.join(" ")}\n  then try again`,
    );
  }
  note(`missing on this machine: ${what.join(", ")}; installing with: ${install.join(" ")}`);
  await step(`apt packages ${packages.join(" ")}`, async () => {
    await run("apt-get", ["-qq", "update"]);
    await run(install[0], install.slice(1), { env: { DEBIAN_FRONTEND: "noninteractive" } });
  });
}

function onPath(program) {
  const folders = isAbsolute(program) ? [""] : (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
