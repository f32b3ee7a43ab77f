#include "policy/policy_index.h"

#include <functional>
#include <utility>

#include "base/heap_sort.h"

namespace al::policy {

namespace {

void insert(std::vector<const RecordedPolicy*>& list, const RecordedPolicy* entry) {
  const auto at = std::upper_bound(
      list.begin(), list.end(), entry,
      [](const RecordedPolicy* a, const RecordedPolicy* b) { return decides_before(a->policy, b->policy); });
  list.insert(at, entry);
}

}  // namespace

void PolicyIndex::add(const RecordedPolicy* entry) {
  by_prefix_.change(entry->policy.action_type.prefix(), [&](Bucket& bucket) { bucket.add(entry); });
}

void PolicyIndex::remove(const RecordedPolicy* entry) {
  by_prefix_.change(entry->policy.action_type.prefix(), [&](Bucket& bucket) { bucket.remove(entry); });
}

std::vector<const Policy*> PolicyIndex::same_pattern(const Pattern& pattern) const {
  const Bucket* bucket = by_prefix_.find(pattern.prefix());
  if (bucket == nullptr) return {};
  if (bucket->one != nullptr) return {&bucket->one->policy};
  const Group& group = *bucket->several;
  Policies all = group.of_all;
  all.insert(all.end(), group.tampered.begin(), group.tampered.end());
  for (const auto& [agent, entries] : group.of_agent) all.insert(all.end(), entries.begin(), entries.end());
  heap_sort(all, std::less<>());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<const Policy*> out;
  for (const RecordedPolicy* entry : all) out.push_back(&entry->policy);
  return out;
}

void PolicyIndex::Group::add(const RecordedPolicy* entry) {
  const std::vector<std::string>& agents = entry->policy.agents;
  if (entry->tampered) return insert(tampered, entry);
  if (agents.empty()) return insert(of_all, entry);
  for (const std::string& agent : agents) insert(of_agent[agent], entry);
}

void PolicyIndex::Group::remove(const RecordedPolicy* entry) {
  std::erase(tampered, entry);
  std::erase(of_all, entry);
  for (const std::string& agent : entry->policy.agents) {
    const auto list = of_agent.find(agent);
    if (list == of_agent.end()) continue;
    std::erase(list->second, entry);
    if (list->second.empty()) of_agent.erase(list);
  }
}

const PolicyIndex::Policies& PolicyIndex::Group::of(std::string_view agent) const {
  const auto at = of_agent.find(agent);
  return at == of_agent.end() ? nobody : at->second;
}

std::string_view PolicyIndex::Bucket::name() const {
  return one ? one->policy.action_type.prefix() : std::string_view(several->prefix);
}

void PolicyIndex::Bucket::add(const RecordedPolicy* entry) {
  const bool plain = !entry->tampered && entry->policy.agents.empty();
  if (empty() && plain) {
    one = entry;
    return;
  }
  if (several == nullptr) {
    several = std::make_unique<Group>();
    several->prefix = entry->policy.action_type.prefix();
    if (one != nullptr) several->add(std::exchange(one, nullptr));
  }
  several->add(entry);
}

void PolicyIndex::Bucket::remove(const RecordedPolicy* entry) {
  if (one == entry) one = nullptr;
  if (several == nullptr) return;
  several->remove(entry);
  if (several->empty()) several.reset();
}

}  // namespace al::policy
