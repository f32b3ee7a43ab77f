import { once } from "node:events";
import { type Command, exit } from "./command.js";
import { noRows, openLedger } from "./ledger-source.js";
import { Progress } from "./progress.js";

export const exportLedger: Command = {
  takes: "LEDGER",
  files: [1, 1],
  options: {},
  more: 'Each line is {"row_id", "text", "openings"}: all that replay and verify need. LEDGER is as for verify.',
  examples: [["agentlattice export ledger.db > ledger.jsonl", "a copy to hand on"]],
  async run({ files }) {
    const ledger = await openLedger(files[0] as string);
    const progress = new Progress("exporting", ledger.total);
    let row_id = 0;
    for await (const rows of ledger.rows) {
      const lines = rows.map(([text, openings]) =>
        JSON.stringify({ row_id: row_id++, text, openings }),
      );
      if (!process.stdout.write(`${lines.join("\n")}\n`)) await once(process.stdout, "drain");
      progress.add(rows.length);
    }
    progress.end();
    if (row_id === 0) throw noRows(files[0] as string);
    return exit.fine;
  },
};
