#include "engine/event_hub.h"

#include <algorithm>

namespace al::engine {
namespace {

using wire::close_code::going_away;
using wire::close_code::policy_violation;
using wire::close_code::try_again_later;

/// What is read back at once.
constexpr std::uint64_t read_rows = Ledger::page_rows;

Error not_understood(std::string why) { return {Code::invalid_request, std::move(why)}; }

}  // namespace

// ---- Sessions

void EventHub::handle_connect(ConnectionId connection, Now now) {
  if (sessions_.contains(connection)) return;
  if (sessions_.size() >= limits_.connections_max) {
    return refuse(connection, {Code::rate_limited, "too many listen already; try again later"},
                  try_again_later);
  }
  Session& session = sessions_[connection];
  session.silent_since_ms = now.steady_ms;
  update(connection, session);
}

void EventHub::handle_hung_up(ConnectionId connection) { forget(connection); }

void EventHub::forget(ConnectionId connection) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return;
  deadlines_.note(connection, found->second.deadline_ms, {});
  sessions_.erase(found);
}

/// Says why, hangs up, and forgets the session.
void EventHub::refuse(ConnectionId connection, const Error& error, std::uint16_t code) {
  outputs_.push_back(SendFrame{connection, std::make_shared<const std::string>(wire::write_error(error))});
  outputs_.push_back(HangUp{connection, code, std::string(text(error.code))});
  forget(connection);
}

void EventHub::handle_frame(ConnectionId connection, std::string_view text, Now now) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return;
  take_frame(connection, found->second, text, now);
  take_turns(now);
}

void EventHub::take_frame(ConnectionId connection, Session& session, std::string_view text, Now now) {
  if (text.size() > wire::client_frame_bytes_max) {
    const std::string most = std::to_string(wire::client_frame_bytes_max);
    return refuse(connection, not_understood("a frame has more than " + most + " bytes"), policy_violation);
  }
  const Result<json::Document> frame = json::parse(text);
  if (!frame) return refuse(connection, frame.error(), policy_violation);
  const json::Value root = frame->root();
  const std::string_view type = root["type"].string();
  if (type == "subscribe") {
    if (session.stage != Stage::silent) {
      return refuse(connection, not_understood("a socket subscribes once"), policy_violation);
    }
    Result<wire::Subscribe> asked = wire::read_subscribe(root);
    if (!asked) return refuse(connection, asked.error(), policy_violation);
    return subscribe(connection, session, std::move(*asked), now);
  }
  if (type.empty() || session.stage == Stage::silent) {
    return refuse(
        connection,
        not_understood("the first frame must be of type \"subscribe\", and every frame must have a type"),
        policy_violation);
  }
  // A heartbeat, or a later version's: the peer is there.
  session.silent_since_ms = now.steady_ms;
  update(connection, session);
}

void EventHub::subscribe(ConnectionId connection, Session& session, wire::Subscribe asked, Now now) {
  session.key_hash = sha256(asked.token);
  session.asked = std::move(asked);
  session.asked.token.clear();
  if (durable_ > 0) return begin_listening(connection, session, now);
  session.stage = Stage::held;
  outputs_.push_back(BeginLedger{});
}

void EventHub::begin_listening(ConnectionId connection, Session& session, Now now) {
  // A revocation that is not durable may never come to be: its key is neither good nor bad.
  if (engine_.ledger().size() > durable_ && !engine_.principal(session.key_hash)) {
    return refuse(connection, {Code::ledger_unavailable, "rows are being written; try again"},
                  try_again_later);
  }
  if (const std::optional<Error> error = admit(session)) return refuse(connection, *error, policy_violation);
  const std::uint64_t after = session.asked.after.value_or(durable_ - 1);
  session.stage = Stage::listening;
  session.next_row = after + 1;
  session.silent_since_ms = now.steady_ms;
  session.heartbeat_at_ms = now.steady_ms + limits_.heartbeat_ms;
  send(connection, session,
       std::make_shared<const std::string>(wire::write_ready(engine_.state().org_id, after)));
  enqueue(connection, session);
  update(connection, session);
}

std::optional<Error> EventHub::admit(Session& session) const {
  const std::optional<Principal> who = engine_.principal(session.key_hash);
  if (!who) return Error{Code::unauthenticated, "the API key is not known here, or was revoked"};
  wire::Subscribe& asked = session.asked;
  if (!asked.org_id.empty() && asked.org_id != engine_.state().org_id) {
    return Error{Code::forbidden, "this is another organisation's lattice"};
  }
  if (asked.after && *asked.after >= durable_) {
    return Error{Code::conflict, "the ledger ends at row " + std::to_string(durable_ - 1) + ", so row " +
                                     std::to_string(*asked.after) +
                                     " was read from another one, or was cut off"};
  }
  if (!asked.agent_id.empty()) {
    const Agent* of = engine_.state().directory.agent(asked.agent_id);
    if (!of) of = engine_.state().directory.agent_named(asked.agent_id);
    if (who->agent && of != who->agent) return Error{Code::forbidden, "an agent hears only of itself"};
    if (!of) return Error{Code::invalid_request, "there is no agent \"" + asked.agent_id + "\""};
    asked.agent_id = of->agent_id;
  }
  if (who->agent) session.own_agent_id = who->agent->agent_id;
  return {};
}

void EventHub::expel_revoked() {
  std::vector<ConnectionId> revoked;
  for (const auto& [connection, session] : sessions_) {
    if (session.stage == Stage::listening && !engine_.principal(session.key_hash))
      revoked.push_back(connection);
  }
  for (const ConnectionId connection : revoked) {
    refuse(connection, {Code::unauthenticated, "the API key was revoked"}, policy_violation);
  }
}

// ---- Rows

void EventHub::handle_durable(std::uint64_t rows, Now now) {
  const std::uint64_t first = std::exchange(durable_, rows);
  if (sessions_.empty()) return;
  bool revoked = false;
  for (std::uint64_t at = first; at < rows; ++at) {
    revoked = cache_.make(engine_.ledger().row(at)).revokes_key || revoked;
  }
  if (revoked) expel_revoked();
  std::vector<ConnectionId> held;
  for (auto& [connection, session] : sessions_) {
    if (session.stage == Stage::held && durable_ > 0) held.push_back(connection);
    enqueue(connection, session);
  }
  for (const ConnectionId connection : held) begin_listening(connection, sessions_.at(connection), now);
  take_turns(now);
}

bool EventHub::full(const Session& session) const {
  return session.frames_in_flight >= limits_.frames_in_flight_max ||
         session.bytes_in_flight >= limits_.bytes_in_flight_max;
}

bool EventHub::behind(const Session& session) const {
  return session.stage == Stage::listening && session.next_row < durable_;
}

void EventHub::enqueue(ConnectionId connection, Session& session) {
  if (!behind(session) || full(session) || session.lacks_row) return;
  if (std::exchange(session.queued, true)) return;
  turns_.push_back(connection);
}

bool EventHub::wants(const Session& session, const RowEvent& event) {
  if (event.type.empty()) return false;
  const bool own = event.agent_id == session.own_agent_id || event.type == "policy.changed";
  if (!session.own_agent_id.empty() && !own) return false;
  const wire::Subscribe& asked = session.asked;
  if (!asked.agent_id.empty() && event.agent_id != asked.agent_id) return false;
  return !asked.events ||
         std::find(asked.events->begin(), asked.events->end(), event.type) != asked.events->end();
}

void EventHub::take_turns(Now now) {
  std::uint64_t rows = 0;
  while (!turns_.empty() && rows < limits_.rows_per_turn) {
    const ConnectionId connection = turns_.front();
    turns_.pop_front();
    const auto found = sessions_.find(connection);
    if (found == sessions_.end()) continue;
    found->second.queued = false;
    rows += step(connection, found->second, now);
    enqueue(connection, found->second);
  }
}

std::uint64_t EventHub::step(ConnectionId connection, Session& session, Now now) {
  std::uint64_t rows = 0;
  for (; rows < limits_.rows_per_step && behind(session) && !full(session); ++rows) {
    const RowEvent* event = this->event(session.next_row);
    if (event == nullptr) {
      session.lacks_row = true;
      lacking_.push_back(connection);
      read_next();
      break;
    }
    ++session.next_row;
    if (wants(session, *event)) send(connection, session, event->frame);
  }
  if (full(session) && !session.full_since_ms) session.full_since_ms = now.steady_ms;
  update(connection, session);
  return rows;
}

const RowEvent* EventHub::event(std::uint64_t row_id) {
  if (const RowEvent* made = cache_.find(row_id)) return made;
  const audit::Row* row = engine_.ledger().find(row_id);
  if (row == nullptr) row = recall_.find(row_id);
  return row == nullptr ? nullptr : &cache_.make(*row);
}

void EventHub::read_next() {
  while (!reading_ && !lacking_.empty()) {
    const auto found = sessions_.find(lacking_.front());
    if (found == sessions_.end() || !found->second.lacks_row) {
      lacking_.pop_front();
      continue;
    }
    const std::uint64_t first = found->second.next_row / Ledger::page_rows * Ledger::page_rows;
    // Behind these there are rows that stayed in memory.
    const std::uint64_t end = std::min(first + read_rows, engine_.ledger().tree().first_leaf());
    reading_ = RowRange{first, end};
    outputs_.push_back(ReadEvents{*reading_});
  }
}

void EventHub::handle_read(Recall rows, Now now) {
  const std::optional<RowRange> range = std::exchange(reading_, {});
  if (!range) return;
  recall_ = std::move(rows);
  const std::optional<Recall::Damage>& damage = recall_.damage();
  resume_lacking(*range, damage ? std::optional(damage->error) : std::nullopt, now);
}

void EventHub::handle_read_failed(std::string_view why, Now now) {
  const std::optional<RowRange> range = std::exchange(reading_, {});
  if (!range) return;
  resume_lacking(*range, Error{Code::ledger_unavailable, "the ledger could not be read: " + std::string(why)},
                 now);
}

void EventHub::resume_lacking(RowRange read, const std::optional<Error>& error, Now now) {
  for (const ConnectionId connection : std::exchange(lacking_, {})) {
    const auto found = sessions_.find(connection);
    if (found == sessions_.end()) continue;
    Session& session = found->second;
    const bool was_read = session.next_row >= read.first && session.next_row < read.end;
    if (was_read && error && event(session.next_row) == nullptr) {
      refuse(connection, *error, try_again_later);
      continue;
    }
    if (!was_read) {
      lacking_.push_back(connection);
      continue;
    }
    session.lacks_row = false;
    enqueue(connection, session);
  }
  read_next();
  take_turns(now);
}

void EventHub::send(ConnectionId connection, Session& session, std::shared_ptr<const std::string> text) {
  ++session.frames_in_flight;
  session.bytes_in_flight += text->size();
  outputs_.push_back(SendFrame{connection, std::move(text)});
}

void EventHub::handle_flushed(ConnectionId connection, Now now) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  session.frames_in_flight = 0;
  session.bytes_in_flight = 0;
  session.full_since_ms.reset();
  update(connection, session);
  enqueue(connection, session);
  take_turns(now);
}

void EventHub::handle_left(ConnectionId connection, std::size_t bytes) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  session.frames_in_flight -= std::min<std::size_t>(session.frames_in_flight, 1);
  session.bytes_in_flight -= std::min(session.bytes_in_flight, bytes);
  session.full_since_ms.reset();
  update(connection, session);
  enqueue(connection, session);
}

// ---- Time

Millis EventHub::deadline_of(const Session& session) const {
  if (session.stage != Stage::listening) return session.silent_since_ms + limits_.subscribe_ms_max;
  const Millis until_ms = std::min(session.heartbeat_at_ms, session.silent_since_ms + limits_.silence_ms_max);
  return session.full_since_ms ? std::min(until_ms, *session.full_since_ms + limits_.stalled_ms_max)
                               : until_ms;
}

void EventHub::update(ConnectionId connection, Session& session) {
  deadlines_.note(connection, session.deadline_ms, deadline_of(session));
}

void EventHub::handle_timeout(Now now) {
  for (const ConnectionId connection : deadlines_.due(now.steady_ms))
    on_deadline(connection, sessions_.at(connection), now);
  take_turns(now);
}

void EventHub::on_deadline(ConnectionId connection, Session& session, Now now) {
  if (session.stage == Stage::silent) {
    // The frame may have been slow: whoever sent it is told to try again, not that it was at fault.
    return refuse(connection, {Code::rate_limited, "nobody subscribed in time; try again"}, try_again_later);
  }
  if (session.stage == Stage::held) {
    return refuse(connection, {Code::ledger_unavailable, "the ledger could not be begun"}, try_again_later);
  }
  if (session.full_since_ms && now.steady_ms >= *session.full_since_ms + limits_.stalled_ms_max) {
    return refuse(connection,
                  {Code::rate_limited, "slow consumer: what was sent is not taken; come back, with `after`"},
                  try_again_later);
  }
  if (now.steady_ms >= session.silent_since_ms + limits_.silence_ms_max) {
    return refuse(connection, {Code::rate_limited, "no heartbeat was answered; come back, with `after`"},
                  going_away);
  }
  session.heartbeat_at_ms = now.steady_ms + limits_.heartbeat_ms;
  // Said also to a session that is full, beyond the bound: else one that is busy without a pause would be
  // taken for silent.
  send(connection, session, std::make_shared<const std::string>(wire::write_heartbeat(session.next_row - 1)));
  update(connection, session);
}

std::optional<Millis> EventHub::next_deadline() const {
  if (!turns_.empty()) return 0;  // Long past: at once.
  return deadlines_.next();
}

std::optional<HubOutput> EventHub::poll_output() {
  if (outputs_.empty()) return {};
  HubOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

}  // namespace al::engine
