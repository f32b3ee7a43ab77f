#include "engine/directory.h"

#include <algorithm>
#include <cstring>

namespace al::engine {

std::size_t DigestHash::operator()(const Digest& digest) const {
  std::size_t hash = 0;  // A digest's own bits are as good as any hash of them.
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

void Directory::add_key(PrincipalKind kind, const std::string& id, const std::optional<Key>& key) {
  if (key) keys_.insert_or_assign(key->hash, Holder{kind, id, key->key_id});
}

void Directory::add_agent(Agent agent, const std::optional<Key>& key) {
  add_key(PrincipalKind::agent, agent.agent_id, key);
  agent_ids_.insert_or_assign(agent.name, agent.agent_id);
  agents_.insert_or_assign(agent.agent_id, std::move(agent));
}

void Directory::add_operator(Operator op, const std::optional<Key>& key) {
  add_key(PrincipalKind::operator_, op.name, key);
  operators_.insert_or_assign(op.name, std::move(op));
}

void Directory::set_halted(std::string_view agent_id, bool halted) {
  const auto found = agents_.find(agent_id);
  if (found != agents_.end()) found->second.halted = halted;
}

void Directory::revoke_key(std::string_view key_id) {
  std::erase_if(keys_, [&](const auto& entry) { return entry.second.key_id == key_id; });
}

void Directory::remove_agent(const std::string& agent_id) {
  std::erase_if(keys_, [&](const auto& entry) {
    return entry.second.kind == PrincipalKind::agent && entry.second.id == agent_id;
  });
  const auto found = agents_.find(agent_id);
  if (found == agents_.end()) return;
  agent_ids_.erase(found->second.name);
  agents_.erase(found);
}

void Directory::remove_operator(const std::string& name) {
  std::erase_if(keys_, [&](const auto& entry) {
    return entry.second.kind == PrincipalKind::operator_ && entry.second.id == name;
  });
  operators_.erase(name);
}

Directory::Keys Directory::keys_of(std::string_view key_id) const {
  Keys out;
  for (const auto& [hash, holder] : keys_) {
    if (holder.key_id == key_id) out.emplace(hash, holder);
  }
  return out;
}

const Agent* Directory::agent(std::string_view agent_id) const {
  const auto found = agents_.find(agent_id);
  return found == agents_.end() ? nullptr : &found->second;
}

const Agent* Directory::agent_named(std::string_view name) const {
  const auto found = agent_ids_.find(name);
  return found == agent_ids_.end() ? nullptr : agent(found->second);
}

const Operator* Directory::operator_named(std::string_view name) const {
  const auto found = operators_.find(name);
  return found == operators_.end() ? nullptr : &found->second;
}

std::string_view Directory::key_holder(std::string_view key_id) const {
  for (const auto& [hash, holder] : keys_) {
    if (holder.key_id == key_id) return holder.id;
  }
  return {};
}

std::optional<Principal> Directory::find_by_key(const Digest& hash) const {
  const auto found = keys_.find(hash);
  if (found == keys_.end()) return {};
  const Holder& holder = found->second;
  Principal principal;
  if (holder.kind == PrincipalKind::agent) {
    principal.agent = agent(holder.id);
  } else {
    principal.operator_ = operator_named(holder.id);
  }
  return principal;
}

}  // namespace al::engine
