// The functions of README.md, "Workbench", by Embind. At most one replay and one verification are under way
// in an instance.
#include <emscripten/bind.h>

#include <optional>
#include <string>
#include <utility>

#include "kernel.h"
#include "workbench/ledger_run.h"
#include "workbench/workbench.h"

namespace al::wasm {
namespace {

using workbench::ReplayRun;
using workbench::VerificationRun;

std::string answer(const Result<std::string>& result) {
  return result ? *result : error_result(result.error());
}

template <typename Run>
std::string begin(std::optional<Run>& slot, Result<Run> run) {
  if (!run) return error_result(run.error());
  slot.emplace(std::move(*run));
  return "{}";
}

Error not_begun() { return {Code::invalid_argument, "it was not begun"}; }

std::optional<ReplayRun>& replay() {
  static std::optional<ReplayRun> run;
  return run;
}

std::optional<VerificationRun>& verification() {
  static std::optional<VerificationRun> run;
  return run;
}

std::string check_policies(const std::string& policies) { return answer(workbench::check(policies)); }
std::string explain_action(const std::string& policies, const std::string& action) {
  return answer(workbench::explain(policies, action));
}
std::string test_policies(const std::string& policies, const std::string& tests) {
  return answer(workbench::test(policies, tests));
}
std::string begin_replay(const std::string& policies) { return begin(replay(), ReplayRun::begin(policies)); }
std::string replay_rows(const std::string& rows) {
  return replay() ? answer(replay()->add(rows)) : error_result(not_begun());
}
std::string end_replay() {
  if (!replay()) return error_result(not_begun());
  std::string summary = replay()->summary();
  replay().reset();
  return summary;
}
std::string begin_verification(const std::string& pinned) {
  return begin(verification(), VerificationRun::begin(pinned));
}
std::string verify_rows(const std::string& rows) {
  if (!verification()) return error_result(not_begun());
  const Status added = verification()->add(rows);
  return added ? "{}" : error_result(added.error());
}
std::string end_verification() {
  if (!verification()) return error_result(not_begun());
  std::string verdict = verification()->verdict();
  verification().reset();
  return verdict;
}

}  // namespace

EMSCRIPTEN_BINDINGS(workbench) {
  emscripten::function("checkPolicies", &check_policies);
  emscripten::function("explainAction", &explain_action);
  emscripten::function("testPolicies", &test_policies);
  emscripten::function("beginReplay", &begin_replay);
  emscripten::function("replayRows", &replay_rows);
  emscripten::function("endReplay", &end_replay);
  emscripten::function("beginVerification", &begin_verification);
  emscripten::function("verifyRows", &verify_rows);
  emscripten::function("endVerification", &end_verification);
}

}  // namespace al::wasm
