// The same as process.mjs, with require.
const index = require("@agentlattice/wasm");
const sync = require("@agentlattice/wasm/sync");
require("@agentlattice/wasm/node");
require("@agentlattice/wasm/sqlite");

const service = JSON.parse(process.env.AGENTLATTICE_SERVICE);
const WebSocket = globalThis.WebSocket ?? require("ws");
import("./cases.mjs")
  .then(({ runCases }) => runCases({ ...index, ...sync }, service, { blocks: true, WebSocket }))
  .then((report) => console.log(JSON.stringify(report)));
