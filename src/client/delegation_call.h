// The creation of a delegation that never leaves one behind.
//
//                 created                        ▶ settled ok: from here on the delegation is the caller's
//   creating ──┤ refused                          ▶ settled, nothing to clean up
//      │          no answer that can be used      ▶ settled; the service may have created it
//      │ given up                                     │
//      ▼                                              ▼
//   creating, nobody waits ◀──────────────── creating again (same idempotency key: the same delegation)
//      │ created                                      │ refused: there is none
//      ▼                                              ▼
//   revoking ───────────────────────────────────▶ finished
//
// Rules
//   * INVARIANT: once a request was sent, this call is finished only when the delegation was handed to the
//   caller, was revoked, is
//     known not to exist, or when the service could not be reached `cleanup_attempts_max` times in a row;
//     then the delegation ends with its ttl, and Stats::cleanups_abandoned counts it.
//   * What cannot be named cannot be revoked. So a creation that is no longer wanted is not aborted but
//   brought to its end:
//     the idempotency key makes the service answer with the delegation that exists, and not with another one.
//   * Clean-up draws nothing from the retry budget: leaving authority behind is worse than a few requests
//   more.
#pragma once

#include <string>

#include "client/call.h"

namespace al::client {

inline constexpr int cleanup_attempts_max = 8;
inline constexpr Millis cleanup_retry_ms_max = 60'000;

class DelegationCall final : public Call {
 public:
  DelegationCall(CallId id, Command command) : Call(id, std::move(command)) {}

 private:
  enum class State : std::uint8_t { creating, creating_again, revoking };

  void begin(Now now, Shared& shared) override;
  void on_answer(Answer answer, Now now, Shared& shared) override;
  void on_give_up(Now now, Shared& shared) override;

  void on_created_for_caller(Answer answer, Now now, Shared& shared);
  void on_created_for_nobody(const Answer& answer, Now now, Shared& shared);
  void create(const Exchange::Limits& limits, Now now, Shared& shared);
  [[nodiscard]] Exchange::Limits cleanup_limits(const Shared& shared) const;

  State state_ = State::creating;
};

}  // namespace al::client
