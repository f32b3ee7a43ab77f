// Node.js: a file beside this package's code.

import { readFile } from "node:fs/promises";
import type { Read } from "./compile.js";

export const read: Read = async (url) => (url.protocol === "file:" ? readFile(url) : fetch(url));
