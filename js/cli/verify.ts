import { bold, dim, green, red, say, sayField, visible } from "../terminal.js";
import { type Command, exit, Stop } from "./command.js";
import { apiKey, isUrl, noRows, openLedger } from "./ledger-source.js";
import { Progress } from "./progress.js";
import { Workbench } from "./workbench.js";

/** A verdict, in the names of the JSON that is printed. */
interface Verdict {
  readonly valid: boolean;
  readonly damage: string | null;
  readonly row: number | null;
  readonly message: string | null;
  readonly rows_checked: number;
  readonly size: number;
  readonly checkpoint: string | null;
  /** The names of the trusted keys that signed the checkpoint; null where none was given. */
  readonly signed_by: readonly string[] | null;
  /** How many rows were pinned before; null where nothing is kept. */
  readonly pinned: number | null;
}

/** Where nothing can be said of a ledger, it is not known to be valid. */
const unknown: Verdict = {
  valid: false,
  damage: null,
  row: null,
  message: null,
  rows_checked: 0,
  size: 0,
  checkpoint: null,
  signed_by: null,
  pinned: null,
};

export const verify: Command = {
  takes: "LEDGER",
  files: [1, 1],
  options: {
    pins: {
      type: "string",
      value: "FILE",
      about: "keep the last good checkpoint here, and compare with it the next time",
    },
    trust: {
      type: "string",
      value: "PUBLIC_KEY",
      multiple: true,
      about: "of a server: its checkpoint must be signed with this key, or another that is given",
    },
  },
  more: [
    "LEDGER is a SQLite file, JSON lines (agentlattice export; - is the standard input), or the URL of a server, whose",
    "key comes from AL_API_KEY or the standard input. Nothing is believed, all is recomputed. What no later row knows",
    "better leaves no trace: rows cut off at the end, the last one edited, all from one on written anew, up to the whole.",
    "A checkpoint that was kept elsewhere, --pins, shows that; one that a key of yours signed, --trust, shows all of it",
    "but a return to an earlier one that was signed.",
  ].join("\n"),
  examples: [
    ["agentlattice verify ledger.db --pins /var/lib/audit/pins.json", "every night"],
    ["AL_API_KEY=… agentlattice verify https://lattice.example.com --json", "a server"],
    [
      "agentlattice verify https://lattice.example.com --trust lattice.example.com/acme+5f…+AX…",
      "a server whose public key is known",
    ],
  ],
  async run({ files, json, one, all }) {
    const place = files[0] as string;
    const keys = all("trust");
    if (keys.length > 0 && !isUrl(place))
      throw new Stop(
        "verify: --trust is for servers: the file of a ledger holds no signed checkpoint",
        exit.usage,
      );
    const verdict = await verdictOf(place, one("pins"), keys).catch((error: Error) => {
      if (json) say(JSON.stringify({ ...unknown, message: error.message }, null, 2));
      throw error;
    });
    if (json) say(JSON.stringify(verdict, null, 2));
    else sayVerdict(place, verdict, one("pins"));
    return verdict.valid ? exit.fine : exit.found;
  },
};

async function verdictOf(
  place: string,
  pins: string | undefined,
  keys: readonly string[],
): Promise<Verdict> {
  return isUrl(place) ? verifyServer(place, pins, keys) : verifyFile(place, pins);
}

async function verifyFile(place: string, pins: string | undefined): Promise<Verdict> {
  const ledger = await openLedger(place);
  const store = await pinStore(pins);
  const pinned = store?.get(ledger.name) ?? "";
  const workbench = await Workbench.open();
  workbench.beginVerification(pinned);
  const progress = new Progress("verifying", ledger.total);
  for await (const rows of ledger.rows) {
    workbench.verifyRows(rows);
    progress.add(rows.length);
  }
  progress.end();
  const verdict = workbench.endVerification();
  if (verdict.rows_seen === 0 && verdict.chain_valid) throw noRows(place);
  if (verdict.chain_valid) store?.set(ledger.name, verdict.checkpoint);
  return {
    valid: verdict.chain_valid,
    damage: verdict.damage ?? null,
    row: verdict.first_broken_at_row_id,
    message: verdict.message ?? null,
    rows_checked: verdict.rows_checked,
    size: verdict.size,
    checkpoint: verdict.checkpoint,
    signed_by: null,
    pinned: store === undefined ? null : sizeOf(pinned),
  };
}

async function verifyServer(
  baseUrl: string,
  pins: string | undefined,
  keys: readonly string[],
): Promise<Verdict> {
  const [{ AgentLattice }, { trustKeys }] = await Promise.all([
    import("../agent-lattice.js"),
    import("../trust.js"),
  ]);
  const checkpoints = await pinStore(pins);
  const al = new AgentLattice({
    apiKey: await apiKey(),
    baseUrl,
    ...(checkpoints && { checkpoints }),
    ...(keys.length > 0 && { trust: trustKeys(...keys) }),
  });
  const origin = new URL(baseUrl).href.replace(/\/+$/, "");
  const pinned = checkpoints?.get(origin) ?? "";
  try {
    const verification = await al.verify();
    const { chainValid, damage, firstBrokenAtRowId, message, rowsChecked, size, checkpoint } =
      verification;
    return {
      valid: chainValid,
      damage: chainValid ? null : damage,
      row: firstBrokenAtRowId,
      message: chainValid ? null : message,
      rows_checked: rowsChecked,
      size,
      checkpoint,
      signed_by: keys.length === 0 ? null : (verification.signedBy ?? []),
      pinned: checkpoints === undefined ? null : sizeOf(pinned),
    };
  } finally {
    al.close();
  }
}

async function pinStore(path: string | undefined) {
  if (path === undefined) return undefined;
  const { FileCheckpointStore } = await import("../stores/file-checkpoints.js");
  return new FileCheckpointStore({ path });
}

/** The second line of a note says how many rows it covers (c2sp.org/tlog-checkpoint). */
const sizeOf = (note: string): number => Number(note.split("\n")[1] ?? 0);

function sayVerdict(place: string, verdict: Verdict, pins: string | undefined): void {
  const { valid, damage, row, message, rows_checked, checkpoint, pinned, signed_by } = verdict;
  say(
    valid
      ? `${green("✓")} ${bold(visible(place))} is sound`
      : `${red("✗")} ${bold(visible(place))} is damaged: ${red(bold(visible(damage)))}${row === null ? "" : ` at row ${bold(String(row))}`}`,
  );
  if (message) sayField("what", visible(message));
  sayField("rows", `${rows_checked} checked`);
  const [origin, , root] = (checkpoint ?? "").split("\n");
  if (valid && root) sayField("checkpoint", visible(`${origin} ${root}`), { paint: dim });
  if (signed_by !== null && signed_by.length > 0)
    sayField("signed by", visible(signed_by.join(", ")));
  if (pins === undefined) {
    const hidden =
      signed_by === null
        ? "an end cut off or rewritten, up to the whole,"
        : "a return to an earlier signed checkpoint";
    if (valid)
      sayField("pins", `none kept: ${hidden} would not show (--pins FILE)`, { paint: dim });
  } else if (!valid) {
    sayField("pins", "left as they are");
  } else {
    const before =
      pinned === 0 ? "nothing was pinned before" : `agrees with the ${pinned} rows pinned before`;
    sayField("pins", `${visible(pins)}: ${before}`);
  }
}
