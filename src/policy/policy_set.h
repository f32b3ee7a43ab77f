// All policies of an organisation, indexed by action type: a decision looks at the few policies that could
// apply, however many there are.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/policy.h"
#include "policy/policy_index.h"

namespace al::policy {

enum class Verdict { allow, deny, require_approval };

/// Why an action was denied; the texts are wire strings (`denial_reason`).
enum class DenialReason { none, no_matching_policy, policy_denied, conditions_denied, policy_tampered };
[[nodiscard]] std::string_view text(DenialReason reason);

struct Decision {
  Verdict verdict = Verdict::deny;
  DenialReason reason = DenialReason::no_matching_policy;
  const Policy* policy =
      nullptr;  // The policy that decided; null when none matched. Valid until the set changes.
  /// When none matched: the most specific policy that would have let the action through, or to an approver,
  /// but for its conditions; null when there is none.
  const Policy* nearest = nullptr;
  /// Those of `policy`, or else of `nearest`.
  std::vector<ConditionResult> conditions;
};

class PolicySet {
 public:
  PolicySet() = default;
  PolicySet(const PolicySet& other);
  PolicySet(PolicySet&&) = default;
  PolicySet& operator=(const PolicySet&) = delete;
  PolicySet& operator=(PolicySet&&) = default;
  ~PolicySet() = default;
  /// Policies that come from no ledger, so that there is nothing to compare their digests with.
  explicit PolicySet(std::vector<Policy> policies);

  /// Adds a policy or replaces the one of that name. `recorded` is the digest that the ledger holds for it:
  /// when the policy's own digest differs, every decision that reaches it is a denial with `policy_tampered`.
  void put(Policy policy, const Digest& recorded);
  /// The same for a policy's JSON; false where it is none.
  [[nodiscard]] bool put(const std::string& source, const Digest& recorded);
  /// False when there is none of that name.
  bool remove(std::string_view name);
  [[nodiscard]] const Policy* find(std::string_view name) const;
  /// What is there of that name, tampered or not, for restore(); null when there is none.
  [[nodiscard]] std::shared_ptr<const RecordedPolicy> recorded(std::string_view name) const;
  /// Puts back what was there of that name.
  void restore(std::string_view name, std::shared_ptr<const RecordedPolicy> entry);
  /// In the order of their names.
  [[nodiscard]] std::vector<const Policy*> all() const;
  [[nodiscard]] std::size_t size() const;

  /// Total and deterministic. Of the policies that are enabled, match the action type and are for the agent,
  /// the first that applies decides. Their order: the more specific pattern; then those for named agents
  /// before those for all; then by rank(effect); then by name. The conditions of `conditional` decide which
  /// way it goes; those of the other effects whether it applies:
  ///
  ///                 allow         deny                      require_approval     conditional
  ///   holds         allow         deny, policy_denied       require_approval     allow
  ///   fails         next policy   next policy               next policy          on_fail
  ///   undecidable   next policy   deny, conditions_denied   suspended            on_fail
  ///
  /// Suspended: the next policies are asked, and where they do not come to deny, the approval is required
  /// too: on the strictest terms of all that are, or, where none of them are as strict as all the others,
  /// denied with conditions_denied. A restriction that cannot be ruled out restricts: no agent escapes it by
  /// leaving a field out, and a misspelt field in a deny policy is seen at once. An on_fail of deny is
  /// conditions_denied. No match is a denial. A tampered policy denies whatever its `enabled`, `agents` and
  /// conditions say, for they cannot be trusted, and comes first among those of its pattern.
  [[nodiscard]] Decision decide(const Action& action) const;
  /// True when an enabled policy names this action type for this agent, whatever its conditions.
  [[nodiscard]] bool covers(std::string_view action_type, std::string_view agent_id,
                            std::string_view agent_name) const;

  /// Compiles a policy file: {"policies":[…]} or a bare array. All faults of all policies at once, two
  /// policies of one name and policies that can never win (shadowed by another in this file) among them.
  /// Fails with `policy_invalid`.
  [[nodiscard]] static Result<std::vector<Policy>> compile_file(json::Value file);
  /// Compiles one policy that is to be put into this set. As strict as for a file: it must not be shadowed by
  /// a policy of the set, nor shadow one of them. Fails with `policy_invalid`.
  [[nodiscard]] Result<Policy> compile_for(json::Value source) const;

  template <typename Archive>
  void archive(Archive& fields) {
    std::vector<std::pair<std::string, Digest>> sources;  // and the digest that the ledger holds
    if constexpr (!Archive::reads) sources = this->sources();
    fields(sources);
    if constexpr (Archive::reads) {
      for (const auto& [source, digest] : sources) {
        if (!put(source, digest)) fields.fail();
      }
    }
  }

 private:
  [[nodiscard]] std::vector<std::pair<std::string, Digest>> sources() const;

  // INVARIANT: the index points to the entries of by_name_ that are enabled, or tampered. Entries are
  // immutable, and shared with copies of the set.
  std::map<std::string, std::shared_ptr<const RecordedPolicy>, std::less<>> by_name_;
  PolicyIndex index_;
};

}  // namespace al::policy
