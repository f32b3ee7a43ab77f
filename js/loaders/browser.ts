// Browsers: pages and workers of every kind.

import type { Read } from "./compile.js";

export const read: Read = (url) => fetch(url);
