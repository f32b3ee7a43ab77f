// What all rows come to, as bytes: see docs/adr/0025-snapshots-in-the-ledger.md.
#include <algorithm>
#include <cassert>
#include <utility>

#include "base/archive.h"
#include "engine/engine.h"

namespace al::engine {
namespace {

/// What the bytes of a snapshot begin with. Whoever changes what they mean counts it up.
constexpr std::string_view snapshot_format = "agentlattice snapshot 4\n";

}  // namespace

std::string Engine::take_snapshot(Millis now_ms, Entropy& entropy) {
  assert(committed_ == ledger_.size() && redactions_.empty());
  std::string bytes(snapshot_format);
  ArchiveWriter writer(bytes);
  writer(ledger_, state_);
  emit(SnapshotTaken{sha256(bytes)}, std::max(now_ms, state_.last_wall_ms), entropy);
  return bytes;
}

bool Engine::restore(std::string_view snapshot, std::span<const audit::RowView> rows) {
  if (ledger_.size() != 0 || rows.empty() || !snapshot.starts_with(snapshot_format)) return false;
  const Result<Event> event = decode(rows.back());
  const auto* taken = event ? std::get_if<SnapshotTaken>(&*event) : nullptr;
  if (taken == nullptr || taken->digest != sha256(snapshot)) return false;
  Ledger ledger = ledger_;
  State state;
  ArchiveReader reader(snapshot.substr(snapshot_format.size()));
  reader(ledger, state);
  if (!reader.complete() || !state.is_of(ledger.size())) return false;
  if (!ledger.restore_page(rows.first(rows.size() - 1))) return false;
  std::swap(ledger_, ledger);
  std::swap(state_, state);
  if (load(rows.last(1))) return true;
  ledger_ = std::move(ledger);
  state_ = std::move(state);
  return false;
}

}  // namespace al::engine
