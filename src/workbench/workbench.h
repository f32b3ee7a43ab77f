// Where policies are tried before they are in force: checked, explained and tested. Each function takes the
// texts of whole files and gives a JSON text; none knows a ledger (engine/replay.h does).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"

namespace al::workbench {

/// What a policy file may measure; more than one request may bring.
inline constexpr std::size_t file_bytes_max = 16 << 20;

/// Compiles a policy file. Fails with `malformed_json`, or with `policy_invalid`, whose details name every
/// fault as check() does.
[[nodiscard]] Result<std::vector<policy::Policy>> compile(std::string_view policies);

/// Checks a policy file.
///
///   {"policies":[{"name","action_type","effect","conditions","agents","enabled"}],
///    "faults":[{"policy"?,"pointer","message","line","column"}]}
///
/// With a fault, `policies` is empty. Fails with `malformed_json` where it is no JSON.
[[nodiscard]] Result<std::string> check(std::string_view policies);

/// What the policies make of one action (case.h: `given`), and what every other policy that could have
/// decided makes of it, in their order.
///
///   {"decision","reason"?,"policy"?,"nearest"?,"conditions_evaluated",
///    "candidates":[{"policy","action_type","effect","on_fail"?,"agents","outcome","decides",
///                   "conditions_evaluated"}]}
///
/// `outcome`: holds, fails, undecidable. Fails with `policy_invalid`, with `invalid_argument` where
/// the action is not valid, and where a policy asks for the time and the action has none.
[[nodiscard]] Result<std::string> explain(std::string_view policies, std::string_view action);

/// Runs a test file (case.h).
///
///   {"passed","failed",
///    "tests":[{"name","pointer","line","column","passed","decision","reason"?,"policy"?,
///              "conditions_evaluated","differences":[{"what","expected","actual"}]}],
///    "coverage":[{"policy","tests"}]}
///
/// `coverage`: how many tests each policy decided, disabled ones left out. Fails with `policy_invalid`, and
/// with `invalid_argument` where the tests are not valid.
[[nodiscard]] Result<std::string> test(std::string_view policies, std::string_view tests);

}  // namespace al::workbench
