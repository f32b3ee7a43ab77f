// Writes src/policy/time_zone_table.cc: which rule each zone of the IANA time zone database follows now, as the POSIX
// TZ string that ends its TZif file (RFC 9636, 3.3).
//
//   node tools/make-time-zones.mjs [/usr/share/zoneinfo]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "./lib/house.mjs";

const root = process.argv[2] ?? "/usr/share/zoneinfo";
/** No zones: rules of the database's own making, and copies. */
const aside = new Set(["posix", "right", "posixrules", "localtime", "Factory"]);
/** Their clocks follow the moon or a yearly decree, which no rule expresses: a policy must not guess. */
const irregular = new Set(["Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Hebron"]);

function* zonesBelow(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (aside.has(name) || irregular.has(name)) continue;
    if (entry.isDirectory()) {
      yield* zonesBelow(name);
      continue;
    }
    const file = readFileSync(join(root, name));
    if (file.toString("latin1", 0, 4) !== "TZif") continue;
    const rule = file.toString("latin1").trimEnd().split("\n").at(-1);
    yield { name, rule };
  }
}

const byRule = new Map();
const zones = [...zonesBelow("")].sort((a, b) => (a.name < b.name ? -1 : 1));
for (const { name, rule } of zones) byRule.set(rule, [...(byRule.get(rule) ?? []), name]);

const lines = [...byRule]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([rule, names]) => `    {"${rule}",\n     "${names.join(" ")}"},\n`);
writeFileSync(
  at("src/policy/time_zone_table.cc"),
  `// Made by tools/make-time-zones.mjs from the IANA time zone database, which is in the public domain; not
// edited by hand.
#include "policy/time_zone.h"

namespace al::policy {

namespace {

// clang-format off
constexpr ZoneRule rules[] = {
${lines.join("")}};
// clang-format on

}  // namespace

std::span<const ZoneRule> zone_rules() { return rules; }

}  // namespace al::policy
`,
);
console.log(`${zones.length} zones, ${byRule.size} rules`);
