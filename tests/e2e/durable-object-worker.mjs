// A Durable Object that tries its own store; durable-object.test.mjs says what and looks at the answers.

import { DurableObject } from "cloudflare:workers";
import { Lattice } from "@agentlattice/wasm";
import { DurableObjectStore } from "@agentlattice/wasm/durable-object";

const policies = [{ name: "reading", action_type: "repo.read", effect: "allow" }];

/** A store that tells how many rows were read from it. */
class Counting extends DurableObjectStore {
  rowsRead = 0;

  read(fromRow, limit) {
    const rows = super.read(fromRow, limit);
    this.rowsRead += rows.length;
    return rows;
  }
}

export class Shelf extends DurableObject {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const store = new Counting(this.ctx.storage);
    return Response.json(await this[pathname.slice(1)](store, Number(searchParams.get("n"))));
  }

  /** Bytes of which no two parts are alike. */
  keep(store, length) {
    store.open();
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 16)) & 255);
    store.keepSnapshot({ rows: length, bytes });
    const kept = store.readSnapshot();
    return { rows: kept.rows, same: bytes.every((byte, index) => byte === kept.bytes[index]) };
  }

  look(store) {
    store.open();
    const kept = store.readSnapshot();
    return { rows: kept?.rows ?? null, bytes: kept?.bytes.length ?? null };
  }

  forget(store) {
    store.open();
    store.redact([]);
    return this.look(store);
  }

  /** Acts until a snapshot was worth its row. */
  async act(store, count) {
    const lattice = await Lattice.open({ store, policies });
    const al = lattice.agent("bot");
    for (let done = 0; done < count; ++done) await al.execute("repo.read");
    await lattice.close();
    return this.look(store);
  }

  async open(store) {
    const lattice = await Lattice.open({ store, policies });
    const toOpen = store.rowsRead;
    const { chainValid, rowsChecked } = await lattice.agent("bot").verify();
    await lattice.close();
    return { toOpen, chainValid, rowsChecked };
  }
}

export default {
  fetch: (request, env) => env.SHELF.get(env.SHELF.idFromName("one")).fetch(request),
};
