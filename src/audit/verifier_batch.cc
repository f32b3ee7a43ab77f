#include <algorithm>

#include "audit/verifier.h"
#include "base/simd.h"

namespace al::audit {

#if !AL_SIMD

// For the module that must be small: one after the other.
void Verifier::add(std::span<const RowView> rows) {
  for (const RowView& row : rows) add(row.text, row.openings);
}

#else

void Verifier::add(std::span<const RowView> rows) {
  while (!rows.empty()) {
    const std::span<const RowView> some = rows.first(std::min(rows.size(), RowBatch::rows_max));
    rows = rows.subspan(some.size());
    if (finding_.damage == Damage::none && batch_.check(some, {tree_.size(), prev_hash_, last_wall_ms_})) {
      tree_.append(batch_.leaves());
      before_prev_hash_ = batch_.frames().back().prev_hash;
      prev_hash_ = batch_.next_prev_hash();
      last_wall_ms_ = batch_.frames().back().wall_ms;
      rows_seen_ += some.size();
      rows_checked_ += some.size();
    } else {
      // Something is wrong with one of them: the judge says what.
      for (const RowView& row : some) add(row.text, row.openings);
    }
  }
}

#endif

}  // namespace al::audit
