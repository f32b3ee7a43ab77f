import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Operator } from "../operator.js";
import { bold, cyan, dim, say, sayField, visible } from "../terminal.js";
import { toWire } from "../wire-names.js";
import { type Command, exit, Stop, type Words } from "./command.js";
import { apiKey, isUrl } from "./ledger-source.js";

export const keys: Command = {
  takes: "agent|operator|revoke NAME LEDGER | signing NAME FILE",
  files: [3, 3],
  options: {
    capability: {
      type: "string",
      value: "PATTERN",
      multiple: true,
      about: "what an agent may ever ask for, again for each; default: all",
    },
    role: {
      type: "string",
      value: "ROLE",
      multiple: true,
      about: 'of an operator, again for each; "owner" may change policies and keys',
    },
    key: { type: "string", value: "KEY_ID", about: "for revoke: which key of NAME" },
  },
  more: [
    "LEDGER is a SQLite file that no server has open, made where it is missing, or the URL of a server, whose owner's key",
    "comes from AL_API_KEY or the standard input. For revoke, NAME is the name or the id of an agent or operator.",
    "signing makes an Ed25519 key that signs checkpoints in the name NAME, and writes its private half to FILE, which must not be there.",
  ].join("\n"),
  examples: [
    [
      "agentlattice keys agent release-bot ledger.db --capability 'pr.*'",
      "an agent that may open pull requests",
    ],
    ["agentlattice keys operator ada ledger.db --role release", "an operator"],
    [
      "agentlattice keys signing lattice.example.com/acme signing.key",
      "for serve --signing-key; what it prints is for verify --trust",
    ],
    ["agentlattice keys revoke release-bot ledger.db --key key-2", "a key that was lost"],
  ],
  async run(words) {
    const [what, name, place] = words.files as [string, string, string];
    refuseOthers(what, words);
    if (what === "signing") return makeSigningKey(name, place, words.json);
    // What is made where it is missing has no key to revoke: the path is mistyped.
    if (what === "revoke" && !isUrl(place) && !existsSync(place))
      throw new Stop(`keys revoke: there is no ledger ${visible(place)}`);
    const { operator, close } = await openOwner(place);
    try {
      return await change(operator, what, name, words);
    } finally {
      await close();
    }
  },
};

/** Which option each of them has. */
const options = { agent: "capability", operator: "role", revoke: "key", signing: undefined };

/** An option that has no meaning for `what` is refused: who limits a right must not find it granted whole. */
function refuseOthers(what: string, words: Words): void {
  if (!Object.hasOwn(options, what))
    throw new Stop(
      `keys: "${visible(what)}" must be agent, operator, revoke or signing`,
      exit.usage,
    );
  const own = options[what as keyof typeof options];
  for (const [owner, option] of Object.entries(options)) {
    if (option === undefined || option === own || words.all(option).length === 0) continue;
    const instead = own === undefined ? "" : `; keys ${what} takes --${own}`;
    throw new Stop(`keys ${what}: --${option} is for keys ${owner}${instead}`, exit.usage);
  }
}

/** The private half goes to a file and nowhere else: a terminal's history is no place for it. */
async function makeSigningKey(name: string, path: string, json: boolean): Promise<number> {
  const { generateSigningKey } = await import("../signing.js");
  const { privateKey, verifierKey } = await generateSigningKey(name);
  try {
    await writeFile(path, `${privateKey}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === "EEXIST";
    const why = there ? "is there already; a key is never overwritten" : "cannot be written";
    throw new Stop(`keys signing: ${visible(path)} ${why}`);
  }
  if (json) {
    say(JSON.stringify({ verifier_key: verifierKey, file: path }));
    return exit.fine;
  }
  say(`${bold(visible(path))} holds the private key; whoever has it signs as ${visible(name)}`);
  sayField("public key", visible(verifierKey), { paint: cyan });
  say(dim("  Hand it to everybody who verifies."));
  return exit.fine;
}

async function change(
  operator: Operator,
  what: string,
  name: string,
  words: Words,
): Promise<number> {
  if (what === "revoke") {
    const key = words.one("key");
    if (key === undefined) throw new Stop("keys revoke: --key is missing", exit.usage);
    await operator.revokeKey(name, key);
    say(words.json ? JSON.stringify({ revoked: key }) : `revoked ${bold(visible(key))}`);
    return exit.fine;
  }
  const capabilities = words.all("capability");
  const registered =
    what === "agent"
      ? await operator.registerAgent({ name, ...(capabilities.length > 0 && { capabilities }) })
      : await operator.registerOperator({ name, roles: words.all("role") });
  if (words.json) {
    say(JSON.stringify(toWire({ ...registered }), null, 2));
    return exit.fine;
  }
  const { apiKey: key, keyId } = registered;
  say(`${bold(visible(name))} is registered as ${what}`);
  sayField("id", visible("agentId" in registered ? registered.agentId : registered.operatorId));
  sayField("key id", visible(keyId));
  sayField("key", visible(key), { paint: cyan });
  say(dim("  It is shown this once; the ledger keeps only its SHA-256."));
  return exit.fine;
}

async function openOwner(
  place: string,
): Promise<{ operator: Operator; close: () => Promise<void> }> {
  if (isUrl(place)) {
    const { Operator } = await import("../operator.js");
    const operator = new Operator({ apiKey: await apiKey(), baseUrl: place });
    return { operator, close: async () => operator.close() };
  }
  const [{ Lattice }, { SqliteStore }] = await Promise.all([
    import("../lattice.js"),
    import("../stores/sqlite.js"),
  ]);
  const lattice = await Lattice.open({ store: new SqliteStore({ path: place }) });
  return { operator: lattice.operator(), close: () => lattice.close() };
}
