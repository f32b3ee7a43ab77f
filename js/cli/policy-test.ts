import { dirname, resolve } from "node:path";
import {
  bar,
  bold,
  dim,
  green,
  red,
  say,
  sayField,
  sayTable,
  visible,
  yellow,
} from "../terminal.js";
import { type Command, exit, Stop } from "./command.js";
import { paintDecision, sayConditions, valueText } from "./decision.js";
import { withDigits } from "./digits.js";
import { type Document, readDocument, withFaults } from "./document.js";
import { type TestReport, type TestResult, Workbench } from "./workbench.js";

export const policyTest: Command = {
  takes: "FILE",
  files: [1, 1],
  options: {
    policies: {
      type: "string",
      value: "FILE",
      about: "the policies; default: those the tests name",
    },
    coverage: { type: "boolean", about: "exit with 1 where a policy decided no test, too" },
  },
  more: "FILE is JSON or YAML; docs/cli.md tells its format.",
  examples: [
    ["agentlattice policy test policies.test.json", "with the policies that the file names"],
    ["agentlattice policy test policies.test.yaml --policies next.yaml --json", "with others"],
  ],
  async run({ files, json, one, flag }) {
    const tests = await readDocument(files[0] as string);
    const policies = await readDocument(one("policies") ?? policiesOf(tests));
    const workbench = await Workbench.open();
    const report = placedIn(
      withFaults([policies, tests], () => workbench.test(policies.json, tests.json)),
      tests,
    );
    if (json) say(withDigits(JSON.stringify(report, null, 2)));
    else sayReport(report, tests);
    const uncovered = report.coverage.some(({ tests: count }) => count === 0);
    return report.failed > 0 || (flag("coverage") && uncovered) ? exit.found : exit.fine;
  },
};

/** The file that the tests name, which stands beside them. */
function policiesOf({ path, json: text }: Document): string {
  let named: unknown;
  try {
    named = (JSON.parse(text) as { policies?: unknown } | null)?.policies;
  } catch {
    // The kernel says what is wrong with it, once there are policies to test.
  }
  if (typeof named === "string") return resolve(path === "-" ? "." : dirname(path), named);
  throw new Stop(
    `${path} does not name its policies: add "policies": "policies.json", or give --policies`,
    exit.usage,
  );
}

const placedIn = (report: TestReport, { locate }: Document): TestReport =>
  locate === undefined
    ? report
    : { ...report, tests: report.tests.map((test) => ({ ...test, ...locate(test.pointer) })) };

function sayReport({ tests, passed, failed, coverage }: TestReport, document: Document): void {
  sayTable(
    [
      {
        title: "",
        of: (test) => (test.passed ? "✓" : "✗"),
        paint: (text, test) => (test.passed ? green(text) : red(text)),
      },
      { title: "test", of: ({ name }) => name },
      {
        title: "decision",
        of: ({ decision }) => decision,
        paint: (text, { decision }) => paintDecision(text, decision),
      },
      { title: "policy", of: ({ policy }) => policy ?? "none" },
      { title: "reason", of: ({ reason }) => reason, spare: true },
    ],
    tests,
  );
  for (const test of tests) if (!test.passed) sayFailure(test, document);
  const reached = coverage.filter(({ tests: count }) => count > 0);
  say();
  say(
    `  ${bar(reached.length, coverage.length)}  ${reached.length} of ${coverage.length} policies decided a test`,
  );
  const unreached = coverage.filter(({ tests: count }) => count === 0);
  if (unreached.length > 0)
    sayField("not one", visible(unreached.map(({ policy }) => policy).join(", ")), {
      paint: yellow,
    });
  say();
  say(`${failed === 0 ? green("✓") : red("✗")} ${bold(`${passed} passed, ${failed} failed`)}`);
}

function sayFailure(test: TestResult, { path }: Document): void {
  say();
  say(
    `${red("✗")} ${bold(visible(test.name))}  ${dim(visible(`${path}:${test.line}:${test.column}`))}`,
  );
  for (const { what, expected, actual } of test.differences) {
    if (what === "at") {
      sayField("at", visible(String(expected)), { paint: yellow });
      continue;
    }
    sayField(what, `- ${valueText(expected)}`, { paint: green });
    if (what !== "conditions") sayField("", `+ ${valueText(actual)}`, { paint: red });
  }
  sayConditions(test.conditions_evaluated, 4);
}
