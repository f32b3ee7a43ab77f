#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/heap_sort.h"
#include "policy/condition_tree.h"

namespace al::policy {

namespace {

constexpr std::array<std::string_view, 4> effect_names{"allow", "deny", "require_approval", "conditional"};
constexpr std::size_t agents_max = 10'000;
constexpr std::size_t approvers_max = 100;
constexpr std::size_t principal_bytes_max = 128;
constexpr std::string_view role_prefix = "role:";

}  // namespace

std::string_view text(Effect effect) { return effect_names[static_cast<std::size_t>(effect)]; }

std::optional<Effect> parse_effect(std::string_view name) {
  const auto at = std::find(effect_names.begin(), effect_names.end(), name);
  if (at == effect_names.end()) return {};
  return static_cast<Effect>(at - effect_names.begin());
}

int rank(Effect effect) {
  switch (effect) {
    case Effect::deny:
      return 0;
    case Effect::require_approval:
      return 1;
    case Effect::conditional:
      return 2;
    case Effect::allow:
      return 3;
  }
  return 0;
}

bool ApprovalTerms::as_strict_as(const ApprovalTerms& others) const {
  const auto theirs = [&](const std::string& approver) {
    return std::find(others.approvers.begin(), others.approvers.end(), approver) != others.approvers.end();
  };
  const bool of_theirs = others.approvers.empty() ||
                         (!approvers.empty() && std::all_of(approvers.begin(), approvers.end(), theirs));
  return of_theirs && quorum >= others.quorum && timeout_ms <= others.timeout_ms;
}

bool Policy::is_for(std::string_view agent_id, std::string_view agent_name) const {
  return agents.empty() || std::any_of(agents.begin(), agents.end(), [&](const std::string& agent) {
           return agent == agent_id || agent == agent_name;
         });
}

namespace {

bool between(std::string_view bytes, std::string_view low, std::string_view high) {
  return bytes.substr(0, low.size()) >= low && bytes.substr(0, high.size()) <= high;
}

/// No control characters (C0, DEL, C1), none that are invisible or turn the direction of the text.
bool is_printable(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const std::string_view rest = utf8.substr(i);
    if (byte < 0x20 || byte == 0x7F) return false;
    if (byte < 0xC2) continue;
    if (between(rest, "\u0080", "\u009F") || between(rest, "\u200B", "\u200F") ||
        between(rest, "\u2028", "\u202E") || between(rest, "\u2060", "\u206F") ||
        between(rest, "\uFEFF", "\uFEFF")) {
      return false;
    }
  }
  return true;
}

class PolicyCompiler {
 public:
  /// `source` is what `canonical` says.
  PolicyCompiler(json::Value source, std::string_view canonical, std::string_view pointer,
                 const CompileLimits& limits, std::vector<json::Fault>& faults)
      : source_(source),
        canonical_(canonical),
        limits_(limits),
        faults_(faults),
        reader_(source, std::string(pointer), faults) {}

  Policy compile() {
    compile_name();
    compile_action_type();
    compile_effect();
    compile_conditions_field();
    compile_approval();
    compile_agents();
    out_.enabled = reader_.boolean("enabled").value_or(true);
    out_.description = reader_.string("description").value_or("");
    if (out_.description.size() > limits_.description_bytes_max) {
      reader_.fault("description",
                    "is longer than " + std::to_string(limits_.description_bytes_max) + " bytes");
    }
    reader_.finish();
    return std::move(out_);
  }

 private:
  void compile_name() {
    out_.name = reader_.required_string("name");
    const std::string& name = out_.name;
    if (name.size() > limits_.name_bytes_max) {
      reader_.fault("name", "is longer than " + std::to_string(limits_.name_bytes_max) + " bytes");
    } else if (!is_printable(name) || name.find('/') != std::string::npos || name.starts_with(' ') ||
               name.ends_with(' ')) {
      reader_.fault("name", "must be printable, without \"/\" and without spaces around it");
    } else if (name == "." || name == "..") {
      reader_.fault("name", "must be more than dots, for it stands in paths");
    }
  }

  void compile_action_type() {
    const std::string_view source = reader_.required_string("action_type");
    if (source.empty()) return;
    if (std::optional<Pattern> pattern = Pattern::parse(source)) {
      out_.action_type = std::move(*pattern);
      return;
    }
    std::string message =
        "is not a pattern like \"pr.merge\", \"pr.*\" or \"*\" (words of letters, digits, _ : - between "
        "dots; "
        "at most 128 bytes)";
    const std::string with_dot = std::string(source.substr(0, source.size() - 1)) + ".*";
    if (source.ends_with('*') && Pattern::parse(with_dot)) message += "; did you mean \"" + with_dot + "\"?";
    reader_.fault("action_type", std::move(message));
  }

  std::optional<Effect> read_effect(std::string_view field, std::string_view source,
                                    const std::vector<std::string_view>& accepted) {
    if (std::find(accepted.begin(), accepted.end(), source) != accepted.end()) return parse_effect(source);
    std::string message = "must be one of";
    for (const std::string_view name : accepted)
      message.append(name == accepted.front() ? " " : ", ").append(name);
    const std::string_view suggestion = json::closest(source, accepted);
    if (!suggestion.empty()) message.append("; did you mean \"").append(suggestion).append("\"?");
    reader_.fault(field, std::move(message));
    return {};
  }

  void compile_effect() {
    const std::string_view source = reader_.required_string("effect");
    if (!source.empty()) effect_ = read_effect("effect", source, {effect_names.begin(), effect_names.end()});
    const std::optional<std::string_view> on_fail = reader_.string("on_fail");
    std::optional<Effect> read_on_fail;
    if (on_fail) read_on_fail = read_effect("on_fail", *on_fail, {"deny", "require_approval"});
    if (on_fail && effect_ && *effect_ != Effect::conditional) {
      reader_.fault("on_fail", "has a meaning only for the effect conditional");
    }
    out_.effect = effect_.value_or(Effect::deny);
    out_.on_fail = read_on_fail.value_or(Effect::deny);
  }

  void compile_conditions_field() {
    const bool given = source_["conditions"].present();
    const json::Value conditions = reader_.array("conditions");
    if (!given && effect_ == Effect::conditional)
      reader_.fault("conditions", "is missing; the effect conditional needs conditions");
    if (!conditions.present()) return;
    ConditionNode root =
        compile_conditions(conditions, canonical_, reader_.pointer("conditions"), limits_, faults_);
    out_.condition = Condition(std::move(root.children));
  }

  void compile_approval() {
    const json::Value source = reader_.object("approval");
    if (!source.present()) return;
    // Where the effect is at fault already, what the author meant is not known.
    const bool possible = !effect_ || *effect_ == Effect::require_approval ||
                          (*effect_ == Effect::conditional && out_.on_fail == Effect::require_approval);
    if (!possible) {
      reader_.fault(
          "approval",
          "has a meaning only where an approval can come of the policy: effect require_approval, or "
          "conditional with on_fail require_approval");
    }
    constexpr std::int64_t timeout_seconds_max = 30 * 24 * 3600;
    json::ObjectReader terms(source, reader_.pointer("approval"), faults_);
    ApprovalTerms& out = out_.approval;
    if (const auto seconds = terms.integer("timeout_seconds", 1, timeout_seconds_max))
      out.timeout_ms = *seconds * 1000;
    const std::optional<std::int64_t> quorum =
        terms.integer("quorum", 1, static_cast<std::int64_t>(approvers_max));
    out.quorum = quorum.value_or(1);
    if (std::optional<std::vector<std::string>> approvers = terms.strings("approvers")) {
      check_principals(terms, "approvers", *approvers, approvers_max,
                       "leave it out to let every operator approve");
      out.approvers = std::move(*approvers);
    }
    const bool all_named = !out.approvers.empty() && std::none_of(out.approvers.begin(), out.approvers.end(),
                                                                  [](const std::string& name) {
                                                                    return name.starts_with(role_prefix);
                                                                  });
    if (all_named && out.quorum > static_cast<std::int64_t>(out.approvers.size())) {
      terms.fault("quorum", "can never be reached: only " + std::to_string(out.approvers.size()) +
                                " approvers are named");
    }
    terms.finish();
  }

  void compile_agents() {
    std::optional<std::vector<std::string>> agents = reader_.strings("agents");
    if (!agents) return;
    check_principals(reader_, "agents", *agents, agents_max, "leave it out to mean all agents");
    out_.agents = std::move(*agents);
  }

  void check_principals(json::ObjectReader& reader, std::string_view field,
                        const std::vector<std::string>& names, std::size_t names_max,
                        std::string_view when_empty) {
    if (names.empty()) reader.fault(field, "must not be empty; " + std::string(when_empty));
    if (names.size() > names_max)
      reader.fault(field, "holds more than " + std::to_string(names_max) + " names");
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& name = names[i];
      const std::string at = json::pointer_to(reader.pointer(field), i);
      if (name == "*") {
        faults_.push_back({at, "is not a name; " + std::string(when_empty)});
      } else if (name == role_prefix) {
        faults_.push_back({at, "names no role"});
      } else if (name.size() > principal_bytes_max || !is_printable(name) || name.starts_with(' ') ||
                 name.ends_with(' ')) {
        faults_.push_back({at, "must be printable, without spaces around it, and have at most " +
                                   std::to_string(principal_bytes_max) + " bytes"});
      }
    }
    std::vector<std::string_view> sorted(names.begin(), names.end());
    heap_sort(sorted);
    const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
    if (twin != sorted.end()) reader.fault(field, "names \"" + std::string(*twin) + "\" twice");
  }

  json::Value source_;
  std::string_view canonical_;
  const CompileLimits& limits_;
  std::vector<json::Fault>& faults_;
  json::ObjectReader reader_;
  std::optional<Effect> effect_;  // Nothing when it is missing or unknown.
  Policy out_;
};

}  // namespace

std::optional<Policy> compile(json::Value source, std::string_view pointer, std::vector<json::Fault>& faults,
                              const CompileLimits& limits) {
  const std::size_t faults_before = faults.size();
  std::string canonical = json::canonical(source);
  if (canonical.size() > limits.source_bytes_max) {
    faults.push_back(
        {std::string(pointer), "has more than " + std::to_string(limits.source_bytes_max) + " bytes"});
    return {};
  }
  Result<json::Document> document = json::parse(canonical, {.bytes_max = limits.source_bytes_max});
  if (!document) {
    faults.push_back({std::string(pointer), document.error().message});
    return {};
  }
  Policy policy = PolicyCompiler(document->root(), canonical, pointer, limits, faults).compile();
  if (faults.size() == faults_before) {
    policy.digest = sha256(canonical);
    policy.source = std::move(canonical);
    return policy;
  }
  if (!policy.name.empty()) {
    for (std::size_t i = faults_before; i < faults.size(); ++i) {
      faults[i].message.append(" (policy \"").append(policy.name).append("\")");
    }
  }
  return {};
}

}  // namespace al::policy
