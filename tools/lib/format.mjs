import { filesBelow } from "./house.mjs";

/** The C++ files that clang-format keeps in shape. */
export const cxxFiles = () =>
  ["src", "wasm", "tests/native", "tests/sim", "tests/fuzz"].flatMap((folder) =>
    filesBelow(folder, /\.(cc|h)$/),
  );
