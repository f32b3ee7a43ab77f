// A page that a bundler makes from the package's modules.
import * as index from "@agentlattice/wasm";
import * as sync from "@agentlattice/wasm/sync";
import { listenForFailure, reportFrom } from "./report.mjs";

const parameters = Object.fromEntries(new URLSearchParams(location.search));
listenForFailure(parameters);
reportFrom({ ...index, ...sync }, parameters);
