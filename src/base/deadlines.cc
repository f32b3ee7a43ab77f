#include "base/deadlines.h"

namespace al {

void Deadlines::note(Id id, std::optional<Millis>& noted, std::optional<Millis> next) {
  if (next == noted) return;
  if (noted) entries_.erase({*noted, id});
  if (next) entries_.emplace(*next, id);
  noted = next;
}

std::optional<Millis> Deadlines::next() const {
  if (entries_.empty()) return {};
  return entries_.begin()->first;
}

std::vector<Deadlines::Id> Deadlines::due(Millis now_ms) const {
  std::vector<Id> ids;
  for (const auto& [deadline_ms, id] : entries_) {
    if (deadline_ms > now_ms) break;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace al
