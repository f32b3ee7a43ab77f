// Bun: its `fetch` reads files, too.

import type { Read } from "./compile.js";

export const read: Read = (url) => fetch(url);
