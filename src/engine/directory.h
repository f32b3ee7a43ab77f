// Who may ask: agents and operators, and the keys by which they are known. Keys themselves are never kept,
// only SHA-256 of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/archive.h"
#include "base/sha256.h"
#include "policy/pattern.h"

namespace al::engine {

struct DigestHash {
  std::size_t operator()(const Digest& digest) const;
};

enum class PrincipalKind : std::uint8_t { agent, operator_ };

struct Agent {
  std::string agent_id;
  std::string name;
  std::vector<policy::Pattern> capabilities;  // what it may ever ask for
  bool halted = false;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(agent_id, name, capabilities, halted);
  }
};

struct Operator {
  std::string operator_id;
  std::string name;
  std::vector<std::string> roles;
  [[nodiscard]] bool has_role(std::string_view role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  }
  template <typename Archive>
  void archive(Archive& fields) {
    fields(operator_id, name, roles);
  }
};

/// The authenticated sender of a request: exactly one of the two is set.
struct Principal {
  const Agent* agent = nullptr;
  const Operator* operator_ = nullptr;
  [[nodiscard]] const std::string& id() const { return agent ? agent->agent_id : operator_->operator_id; }
  [[nodiscard]] const std::string& name() const { return agent ? agent->name : operator_->name; }
};

struct Key {
  std::string key_id;
  Digest hash{};  // SHA-256 of the bearer key
};

class Directory {
 public:
  // INVARIANT: ids and names are unique within their kind; the engine asks before it adds.
  void add_agent(Agent agent, const std::optional<Key>& key);
  void add_operator(Operator op, const std::optional<Key>& key);
  void set_halted(std::string_view agent_id, bool halted);
  void revoke_key(std::string_view key_id);
  // The inverses, latest first.
  void remove_agent(const std::string& agent_id);
  void remove_operator(const std::string& name);

  struct Holder {
    PrincipalKind kind;
    std::string id;
    std::string key_id;
    template <typename Archive>
    void archive(Archive& fields) {
      fields(enumeration(kind, PrincipalKind::operator_), id, key_id);
    }
  };
  using Keys = std::unordered_map<Digest, Holder, DigestHash>;
  /// What a key is known by, and as; empty where it is not known.
  [[nodiscard]] Keys keys_of(std::string_view key_id) const;
  void restore(Keys keys) { keys_.merge(keys); }

  [[nodiscard]] const Agent* agent(std::string_view agent_id) const;
  [[nodiscard]] const Agent* agent_named(std::string_view name) const;
  [[nodiscard]] const Operator* operator_named(std::string_view name) const;
  /// The id of the agent that holds this key, "" where there is none.
  [[nodiscard]] std::string_view key_holder(std::string_view key_id) const;
  [[nodiscard]] std::optional<Principal> find_by_key(const Digest& hash) const;

  template <typename Archive>
  void archive(Archive& fields) {
    fields(agents_, operators_, agent_ids_, keys_);
  }

 private:
  void add_key(PrincipalKind kind, const std::string& id, const std::optional<Key>& key);

  std::map<std::string, Agent, std::less<>> agents_;           // by id
  std::map<std::string, Operator, std::less<>> operators_;     // by name
  std::map<std::string, std::string, std::less<>> agent_ids_;  // by name
  Keys keys_;
};

}  // namespace al::engine
