import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Signer } from "../signing.js";
import { bold, dim, green, say, sayField, visible } from "../terminal.js";
import { type Command, exit, Stop } from "./command.js";
import { readDocument, withFaults } from "./document.js";
import { Workbench } from "./workbench.js";

export const serveLattice: Command = {
  takes: "LEDGER",
  files: [1, 1],
  options: {
    policies: {
      type: "string",
      value: "FILE",
      about: "put these policies into force; default: those of the ledger",
    },
    "signing-key": {
      type: "string",
      value: "FILE",
      about: "sign checkpoints with this private key (agentlattice keys signing)",
    },
    port: { type: "string", value: "N", about: "default: 8080" },
    host: {
      type: "string",
      value: "ADDRESS",
      about: "default: 127.0.0.1, which only this machine can reach",
    },
  },
  more: "Register agents first: agentlattice keys. Ctrl-C ends it when what is under way is done.",
  examples: [
    ["agentlattice serve ledger.db --policies policies.json", "on this machine"],
    ["agentlattice serve ledger.db --signing-key signing.key", "with signed checkpoints"],
  ],
  async run({ files, json, one }) {
    const port = Number(one("port") ?? 8080);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Stop("serve: --port must be a number from 0 to 65535", exit.usage);
    const policies = await policiesIn(one("policies"));
    const signer = await signerIn(one("signing-key"));
    const [{ Lattice }, { SqliteStore }, { serve }] = await Promise.all([
      import("../lattice.js"),
      import("../stores/sqlite.js"),
      import("../server/node.js"),
    ]);
    const store = new SqliteStore({ path: files[0] as string });
    const lattice = await Lattice.open({ store, policies, signer });
    try {
      const server = await serve(lattice, { port, host: one("host") ?? "127.0.0.1" });
      if (json) say(JSON.stringify({ url: server.url, verifier_key: signer?.verifierKey }));
      else {
        say(
          `${green("✓")} ${bold(server.url)} serves ${visible(store.description)}  ${dim("Ctrl-C ends it")}`,
        );
        if (signer !== undefined) sayField("signs as", visible(signer.verifierKey));
      }
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      await server.close();
    } finally {
      await lattice.close();
    }
    return exit.fine;
  },
};

/** The text of a file that compiles. */
async function policiesIn(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const document = await readDocument(path);
  const workbench = await Workbench.open();
  withFaults([document], () => workbench.beginReplay(document.json));
  return document.json;
}

/** The signer of a file that holds a private key. */
async function signerIn(path: string | undefined): Promise<Signer | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8").catch(() => {
    throw new Stop(`serve: ${visible(path)} cannot be read`);
  });
  const { importSigningKey } = await import("../signing.js");
  return importSigningKey(text.trim());
}
