// What happened in the simulated worlds, counted: one sees that a simulation reaches the states that matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace al::sim {

enum class Count : std::uint8_t {
  // Clients and their calls.
  calls,
  calls_ok,
  calls_failed,
  calls_cancelled,
  calls_lost_in_crash,
  clients_crashed,
  clients_closed,
  clients_doubled,
  retries,
  late_responses,
  spurious_timeouts,
  limit_reached,
  // Actions.
  runs,
  runs_by_claim,
  repeats_with_same_key,
  repeats_with_other_request,
  gates_resumed,
  reports,
  // Rows.
  executed,
  denied,
  requested,
  denied_halted,
  denied_by_delegation,
  denied_policy_changed,
  denied_backlog,
  claims,
  claims_denied,
  claims_redacted,
  claims_refused,
  approved,
  refused_by_operator,
  expired_undecided,
  expired_unclaimed,
  cancelled_with_delegation,
  halts,
  halts_by_anomaly,
  denied_circuit_open,
  circuits_opened,
  circuits_opened_again,
  circuits_probed,
  circuits_closed,
  anomalies,
  policies_changed,
  settings_changed,
  keys_revoked,
  delegations,
  delegations_nested,
  delegations_revoked,
  delegations_expired,
  subtrees_ended,
  // Operators.
  decisions,
  decisions_repeated,
  decisions_conflicting,
  decisions_late,
  policies_refused,
  // Clean-up of delegations that nobody waits for.
  cleanups,
  cleanups_abandoned,
  // Attempts to get what one may not have.
  self_approvals_refused,
  early_claims_refused,
  foreign_approvals_refused,
  foreign_delegations_denied,
  // The network.
  requests,
  requests_refused,
  requests_dropped,
  requests_doubled,
  requests_slowed,
  requests_aborted,
  responses_reset,
  responses_dropped,
  responses_doubled,
  responses_slowed,
  responses_garbled,
  proxy_errors,
  partitions,
  clocks_forward,
  clocks_back,
  // The engine's process and its store.
  appends,
  appends_refused,
  appends_slow,
  acknowledged_twice,
  redactions,
  redactions_failed,
  reads,
  reads_failed,
  snapshots,
  snapshots_used,
  signatures,
  signatures_failed,
  signatures_missing,
  crashes_idle,
  crashes_with_waits,
  crashes_before_durable,
  crashes_after_durable,
  requests_while_down,
  service_busy,
  // Those who listen.
  events_heard,
  sockets,
  sockets_refused,
  sockets_lost,
  sockets_silent,
  sockets_stalled,
  channels_paused,
  listeners_crashed,
  listeners_hung_up_on,
  listeners_revoked,
  listeners_caught_up,
  // Proofs.
  ledgers_verified,
  ledgers_verified_with_pin,
  receipts_checked,
  replays_compared,
  end_
};
inline constexpr auto count_kinds = static_cast<std::size_t>(Count::end_);

[[nodiscard]] std::string_view text(Count count);

class Statistics {
 public:
  void add(Count count, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(count)] += times; }
  void add(const Statistics& other) {
    for (std::size_t i = 0; i < count_kinds; ++i) counts_[i] += other.counts_[i];
  }
  [[nodiscard]] std::uint64_t operator[](Count count) const {
    return counts_[static_cast<std::size_t>(count)];
  }
  /// A table for people.
  [[nodiscard]] std::string table() const;
  /// The names of what never happened, separated by commas; empty where everything did.
  [[nodiscard]] std::string never() const;

 private:
  std::array<std::uint64_t, count_kinds> counts_{};
};

}  // namespace al::sim
