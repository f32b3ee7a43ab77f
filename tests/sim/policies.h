// The policies of this world: at most one for each pattern, drawn from a few shapes that between them lead to
// every kind of decision. What they mean stands a second time in oracle.cc.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "stage.h"

namespace al::sim {

inline constexpr std::array<std::string_view, 8> action_types{"repo.read",   "repo.write",  "repo.merge",
                                                              "deploy.test", "deploy.prod", "deploy.drop",
                                                              "mail.send",   "mail.purge"};
inline constexpr std::array<std::string_view, 7> policy_patterns{
    "repo.read", "repo.write", "repo.merge", "deploy.prod", "repo.*", "deploy.*", "mail.send"};

/// The policy of a pattern bears the pattern's name, but for the star.
[[nodiscard]] inline std::string policy_name(std::string_view pattern) {
  return pattern.ends_with("*") ? std::string(pattern.substr(0, pattern.size() - 1)) + "all"
                                : std::string(pattern);
}

/// A policy as JSON, of a shape that chance draws.
[[nodiscard]] inline std::string draw_policy(std::string_view pattern, Chance& chance) {
  const std::string head = R"({"name":")" + policy_name(pattern) + R"(","action_type":")" +
                           std::string(pattern) + R"(","effect":)";
  const std::string seconds = std::to_string(chance.between(3, 90));
  const std::string approval = R"("approval":{"timeout_seconds":)" + seconds;
  const std::string condition =
      R"("conditional","conditions":[{"field":"pr_size","operator":"lte","value":)" +
      std::to_string(chance.between(20, 60)) + "}]";
  switch (chance.between(0, 8)) {
    case 0:
    case 1:
      return head + R"("allow"})";
    case 2:
      return head + R"("deny"})";
    case 3:
    case 4:
      return head + R"("require_approval",)" + approval + "}}";
    case 5:
      return head + R"("require_approval",)" + approval + R"(,"quorum":2,"approvers":["role:lead"]}})";
    case 6:
      return head + R"("require_approval",)" + approval + R"(,"approvers":["ada"]}})";
    case 7:
      return head + condition + R"(,"on_fail":"deny"})";
    default:
      return head + condition + R"(,"on_fail":"require_approval",)" + approval + "}}";
  }
}

}  // namespace al::sim
