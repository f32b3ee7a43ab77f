// Where the lattice is: in this page, its ledger in IndexedDB, or somewhere else, behind the wire API.

import { Lattice, Operator } from "@agentlattice/wasm";
import { IndexedDbStore } from "@agentlattice/wasm/indexed-db";

/**
 * What the console shows: `operator` decides and listens, `verify` recomputes the ledger, `agent(name)` acts where agents live
 * in this page, and there `damage` and `mend` change what is stored. `?lattice=URL` in the address chooses another lattice; its
 * operator key is asked for, and kept in this page's memory alone.
 */
export async function openPlace(askForKey) {
  const elsewhere = new URLSearchParams(location.search).get("lattice");
  if (elsewhere === null) return openHere();
  const baseUrl = new URL(elsewhere, location.href).origin;
  const operator = new Operator({ apiKey: await askForKey(baseUrl), baseUrl });
  return { name: baseUrl, operator, verify: () => operator.verify() };
}

async function openHere() {
  const policies = await (await fetch("policies.json")).json();
  const store = new IndexedDbStore({ name: databaseName });
  const lattice = await Lattice.open({ store, policies });
  const auditor = auditorOf(store, lattice);
  const agents = new Map();
  return {
    name: "this page",
    operator: lattice.operator(),
    verify: () => auditor.verify(),
    agent(name) {
      if (!agents.has(name)) agents.set(name, lattice.agent(name));
      return agents.get(name);
    },
    ...(await vandal()),
  };
}

/**
 * A client that verifies what is stored, instead of what the kernel has in memory: its service is the store, with the kernel's
 * checkpoint.
 */
function auditorOf(store, lattice) {
  const answer = async (url) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith("/audit/checkpoint"))
      return Response.json({ checkpoint: await lattice.checkpoint() });
    const [from, limit] = [Number(searchParams.get("from")), Number(searchParams.get("limit"))];
    // Two lines a row, as GET /audit/entries?form=lines answers; a page ends where it is long enough.
    let lines = "";
    for (const [text, openings] of await store.read(from, limit)) {
      lines += `${text}\n${openings || "{}"}\n`;
      if (lines.length > page_length_max) break;
    }
    return new Response(lines);
  };
  return new Operator({ apiKey: "op_of_this_page", baseUrl: location.origin, fetch: answer });
}

const databaseName = "agentlattice-console";
const page_length_max = 4 << 20;

/** Somebody who changes rows behind the kernel's back, and puts them back. */
async function vandal() {
  const opening = indexedDB.open(databaseName);
  const database = await settled(opening);
  database.onversionchange = () => database.close();
  const rows = (mode) => database.transaction("rows", mode).objectStore("rows");
  const originals = new Map();
  return {
    async damage(rowId) {
      const row = await settled(rows("readonly").get(rowId));
      if (!originals.has(rowId)) originals.set(rowId, row);
      await settled(rows("readwrite").put([forge(row[0]), row[1]], rowId));
    },
    async mend() {
      for (const [rowId, row] of originals) await settled(rows("readwrite").put(row, rowId));
      originals.clear();
    },
  };
}

/** What somebody would want to have happened; the row stays well-formed. */
const forge = (text) =>
  text.includes('"type":"action.denied"')
    ? text.replace('"type":"action.denied"', '"type":"action.executed"')
    : text.replace('"timestamp":"20', '"timestamp":"21');

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
