// Plays the files of tests/scenarios through the wasm; tests/native/scenarios plays the same ones natively. What the files may say
// stands in tests/scenarios/README.md.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Lattice } from "@agentlattice/wasm";
import { storeOf } from "./house.mjs";

const folder = new URL("../scenarios/", import.meta.url);

class Player {
  #rows = [];
  #keys = new Map();
  #bound = new Map();
  #lattice;

  async open() {
    this.#lattice = await Lattice.open({ store: storeOf(this.#rows) });
    const { kernel } = await this.#lattice.openClient(JSON.stringify({ api_key: "none" }));
    this.#keys.set("host", kernel.call("attach", "operator", "host").api_key);
  }

  close() {
    return this.#lattice.close();
  }

  async furnish({ agents = {}, operators = {}, policies }) {
    const register = async (path, body) => {
      const { status, answer } = await this.#call("host", `POST ${path}`, JSON.stringify(body));
      assert.equal(status, 201);
      this.#keys.set(body.name, answer.api_key);
      return answer;
    };
    for (const [name, capabilities] of Object.entries(agents)) {
      const agent = await register("/agents", { name, capabilities });
      this.#bound.set(`$${name}_id`, agent.agent_id);
      this.#bound.set(`$${name}_key_id`, agent.key_id);
    }
    for (const [name, roles] of Object.entries(operators)) {
      await register("/operators", { name, roles });
    }
    if (policies === undefined) return;
    const { status } = await this.#call("host", "PUT /policies", JSON.stringify(policies));
    assert.equal(status, 200);
  }

  async play(step) {
    if (step.restart) {
      await this.close();
      return this.open();
    }
    const before = this.#rows.length;
    let body = this.#fill(step.text ?? "");
    if (step.body !== undefined) body = this.#fill(JSON.stringify(step.body));
    if (step.bytes !== undefined) body = " ".repeat(step.bytes);
    const headers = Object.entries(step.headers ?? {}).map(([name, text]) => [
      name,
      this.#fill(text),
    ]);
    const { status, answer } = await this.#call(
      this.#fill(step.as ?? ""),
      this.#fill(step.do),
      body,
      headers,
    );
    assert.equal(status, step.status ?? 200, JSON.stringify(answer));
    if (step.expect !== undefined) this.#match(step.expect, answer, "");
    if (step.adds !== undefined) {
      const added = this.#rows.slice(before).map(([text]) => JSON.parse(text).type);
      assert.deepEqual(added, step.adds);
    }
  }

  async #call(who, line, body, headers = []) {
    const [method, target] = line.split(" ");
    const request = new Request(`http://lattice/api/v1${target}`, {
      method,
      headers,
      body: body === "" ? undefined : body,
    });
    if (body !== "" && !headers.some(([name]) => name === "content-type")) {
      request.headers.set("content-type", "application/json");
    }
    if (who !== "") {
      request.headers.set("authorization", `Bearer ${this.#keys.get(who) ?? who}`);
    }
    const response = await this.#lattice.fetch(request);
    assert.match(response.headers.get("x-request-id") ?? "none", /^req-|^none$/);
    return { status: response.status, answer: await response.json() };
  }

  #fill(text) {
    return text.replace(/\$[a-z0-9_]+/g, (name) => this.#bound.get(name) ?? name);
  }

  #match(wanted, found, where) {
    if (typeof wanted === "string" && /^\$[a-z0-9_]+$/.test(wanted)) {
      if (wanted === "$absent") return assert.equal(found, undefined, where);
      assert.notEqual(found, undefined, `${where} is missing`);
      if (wanted === "$any") return;
      const text = typeof found === "string" ? found : JSON.stringify(found);
      if (!this.#bound.has(wanted)) this.#bound.set(wanted, text);
      assert.equal(text, this.#bound.get(wanted), where);
    } else if (Array.isArray(wanted)) {
      assert.equal(found?.length, wanted.length, `${where}: ${JSON.stringify(found)}`);
      for (const [index, each] of wanted.entries()) {
        this.#match(each, found[index], `${where}/${index}`);
      }
    } else if (wanted !== null && typeof wanted === "object") {
      for (const [name, value] of Object.entries(wanted)) {
        if (name === "$includes") {
          assert.ok(found?.includes(value), `${where}: ${found}`);
        } else if (name === "$size") {
          assert.equal(found?.length, value, where);
        } else {
          this.#match(value, found?.[name], `${where}/${name}`);
        }
      }
    } else {
      assert.equal(found, wanted, where);
    }
  }
}

for (const name of readdirSync(folder).filter((each) => each.endsWith(".json"))) {
  const file = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  for (const scenario of file.scenarios) {
    const skip = scenario.steps.some((step) => step.advance_s !== undefined)
      ? "time passes in it, which only the native runner can do"
      : false;
    test(`${name.replace(".json", "")}: ${scenario.name}`, { skip }, async (t) => {
      const player = new Player();
      await player.open();
      t.after(() => player.close());
      await player.furnish({ ...file, ...scenario });
      for (const [index, step] of scenario.steps.entries()) {
        await player.play(step).catch((error) => {
          error.message = `step ${index + 1}, ${step.do ?? "restart"}: ${error.message}`;
          throw error;
        });
      }
    });
  }
}
