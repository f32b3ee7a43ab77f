// The kernel's workbench (wasm/README.md), typed. One instance a process.

import type { Exports } from "../boundary.js";
import { embeddedPayload } from "../embedded-payload.js";
import { Kernel } from "../kernel.js";
import type { Payload } from "../payload.js";
import type { LedgerRow } from "../stores/store.js";
import { toJson } from "../text.js";
import type { ConditionResult } from "../types.js";
import { keepDigits } from "./digits.js";

/** What is wrong with a file, and where. */
export interface Fault {
  readonly policy?: string;
  readonly pointer: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export interface CheckedPolicy {
  readonly name: string;
  readonly action_type: string;
  readonly effect: string;
  readonly conditions: number;
  readonly agents: readonly string[];
  readonly enabled: boolean;
}

export interface Decision {
  readonly decision: "allow" | "deny" | "require_approval";
  readonly reason?: string;
  readonly policy?: string;
  readonly nearest?: string;
  readonly conditions_evaluated: readonly ConditionResult[];
}

export interface Candidate {
  readonly policy: string;
  readonly action_type: string;
  readonly effect: string;
  readonly on_fail?: string;
  readonly agents: readonly string[];
  readonly outcome: "holds" | "fails" | "undecidable";
  readonly decides: boolean;
  readonly conditions_evaluated: readonly ConditionResult[];
}

export interface TestResult extends Decision {
  readonly name: string;
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly passed: boolean;
  readonly differences: readonly {
    readonly what: string;
    readonly expected: unknown;
    readonly actual: unknown;
  }[];
}

export interface TestReport {
  readonly tests: readonly TestResult[];
  readonly passed: number;
  readonly failed: number;
  readonly coverage: readonly { readonly policy: string; readonly tests: number }[];
}

export interface Ruling {
  readonly outcome: "executed" | "denied" | "requested";
  readonly reason?: string;
  readonly policy?: string;
}

export interface Redecision {
  readonly row_id: number;
  readonly timestamp: string;
  readonly audit_event_id: string;
  readonly action_type: string;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly delegation_name?: string;
  readonly change: "changed" | "other_grounds" | "undecidable";
  readonly before: Ruling;
  readonly after?: Ruling;
  readonly conditions_evaluated?: readonly ConditionResult[];
}

export interface ReplaySummary {
  readonly rows: number;
  readonly actions: number;
  readonly unchanged: number;
  readonly other_grounds: number;
  readonly changed: number;
  readonly undecidable: number;
  readonly not_asked: number;
  readonly transitions: readonly {
    readonly before: string;
    readonly after: string;
    readonly count: number;
  }[];
}

export interface Verdict {
  readonly chain_valid: boolean;
  readonly damage?: string;
  readonly first_broken_at_row_id: number | null;
  readonly message?: string;
  readonly rows_checked: number;
  readonly rows_seen: number;
  readonly size: number;
  readonly root: string;
  readonly checkpoint: string;
}

/** What the kernel says of a policy's and an agent's values keeps their digits: it is to be shown with `withDigits`. */
const exactPayload: Payload = {
  ...embeddedPayload,
  async create(argument): Promise<Exports> {
    const made = await embeddedPayload.create(argument);
    const { explainAction, testPolicies, replayRows } = made;
    return Object.assign(made, {
      explainAction: (...args: [string, string]) => keepDigits(explainAction(...args)),
      testPolicies: (...args: [string, string]) => keepDigits(testPolicies(...args)),
      replayRows: (rows: string) => keepDigits(replayRows(rows)),
    });
  },
};

export class Workbench {
  readonly #kernel: Kernel;

  private constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  static async open(): Promise<Workbench> {
    return new Workbench(await Kernel.start(exactPayload));
  }

  check(policies: string): {
    readonly policies: readonly CheckedPolicy[];
    readonly faults: readonly Fault[];
  } {
    return this.#kernel.call("checkPolicies", policies);
  }

  explain(
    policies: string,
    action: string,
  ): Decision & { readonly candidates: readonly Candidate[] } {
    return this.#kernel.call("explainAction", policies, action);
  }

  test(policies: string, tests: string): TestReport {
    return this.#kernel.call("testPolicies", policies, tests);
  }

  beginReplay(policies: string): void {
    this.#kernel.call("beginReplay", policies);
  }

  replayRows(rows: readonly LedgerRow[]): readonly Redecision[] {
    return this.#kernel.call("replayRows", toJson(rows, "the rows"));
  }

  endReplay(): ReplaySummary {
    return this.#kernel.call("endReplay");
  }

  beginVerification(pinned: string): void {
    this.#kernel.call("beginVerification", pinned);
  }

  verifyRows(rows: readonly LedgerRow[]): void {
    this.#kernel.call("verifyRows", toJson(rows, "the rows"));
  }

  endVerification(): Verdict {
    return this.#kernel.call("endVerification");
  }
}
