import { filesBelow } from "./house.mjs";

/** The C++ files that clang-format keeps in shape. */
export const cxxFiles = () =>
  ["src", "wasm", "tests/native", "tests/sim", "tests/fuzz", "tests/differential"].flatMap(
    (folder) => filesBelow(folder, /\.(cc|h)$/),
  );
