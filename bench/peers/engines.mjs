// The same rules in each engine: for the action `pr.n<i>`, a number below a bound and a string that is equal. `decide` answers one
// request, { action, size, repo }, with `allowed` and what the engine has for an explanation, built in full.
import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { Environment } from "@marcbachmann/cel-js";
import { newEnforcer, newModelFromString, StringAdapter } from "casbin";
import { LogicEngine } from "json-logic-engine";

/** Engines by name: each takes the rules, [{ action, bound, repo }], and gives `decide`. */
export const peers = {
  "@cedar-policy/cedar-wasm": cedarOf,
  casbin: casbinOf,
  "@marcbachmann/cel-js, Map by action": celOf,
  "json-logic-engine, Map by action": jsonLogicOf,
  "closures by hand, Map by action": closuresOf,
};

function cedarOf(rules) {
  const staticPolicies = Object.fromEntries(
    rules.map(({ action, bound, repo }) => [
      action,
      `permit(principal, action == Action::"${action}", resource)
         when { context.size < ${bound} && context.repo == "${repo}" };`,
    ]),
  );
  const policies = { staticPolicies, templates: {}, templateLinks: [] };
  const preparsedPolicySetId = `rules-${rules.length}`;
  const parsed = cedar.preparsePolicySet(preparsedPolicySetId, policies);
  if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));
  const principal = { type: "Agent", id: "bench" };
  const resource = { type: "Lattice", id: "bench" };
  return ({ action, size, repo }) => {
    const { response } = cedar.statefulIsAuthorized({
      principal,
      action: { type: "Action", id: action },
      resource,
      context: { size, repo },
      preparsedPolicySetId,
      entities: [],
    });
    return { allowed: response.decision === "allow", explanation: response.diagnostics };
  };
}

async function casbinOf(rules) {
  const model = newModelFromString(`
    [request_definition]
    r = action, facts
    [policy_definition]
    p = action, bound, repo
    [policy_effect]
    e = some(where (p.eft == allow))
    [matchers]
    m = r.action == p.action && r.facts.size < p.bound && r.facts.repo == p.repo`);
  const lines = rules.map(({ action, bound, repo }) => `p, ${action}, ${bound}, ${repo}`);
  const enforcer = await newEnforcer(model, new StringAdapter(lines.join("\n")));
  return ({ action, size, repo }) => {
    const [allowed, explanation] = enforcer.enforceExSync(action, { size, repo });
    return { allowed, explanation };
  };
}

function celOf(rules) {
  const environment = new Environment().registerVariable("facts", "map");
  return byAction(rules, ({ bound, repo }) => {
    const program = environment.parse(`facts.size < ${bound} && facts.repo == "${repo}"`);
    return (facts) => ({ allowed: program({ facts }) });
  });
}

function jsonLogicOf(rules) {
  const engine = new LogicEngine();
  return byAction(rules, ({ bound, repo }) => {
    const program = engine.build({
      and: [{ "<": [{ var: "size" }, bound] }, { "===": [{ var: "repo" }, repo] }],
    });
    return (facts) => ({ allowed: program(facts) });
  });
}

function closuresOf(rules) {
  return byAction(rules, ({ bound, repo: wanted }) => ({ size, repo }) => {
    const below = size < bound;
    const equal = repo === wanted;
    const explanation = [
      { field: "size", operator: "lt", expected: bound, actual: size, result: below },
      { field: "repo", operator: "eq", expected: wanted, actual: repo, result: equal },
    ];
    return { allowed: below && equal, explanation };
  });
}

function byAction(rules, compile) {
  const programs = new Map(rules.map((rule) => [rule.action, compile(rule)]));
  return (request) => programs.get(request.action)?.(request) ?? { allowed: false };
}
