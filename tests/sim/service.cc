#include "service.h"

#include <algorithm>
#include <array>
#include <utility>

#include "audit/merkle.h"
#include "audit/receipt.h"
#include "audit/row_lines.h"
#include "base/json.h"

namespace al::sim {

namespace {

constexpr engine::Ticket direct_ticket = ~engine::Ticket{0};
constexpr Millis restart_ms_max = 5'000;
/// So small that a burst of requests meets them.
constexpr engine::SequencerLimits limits{.queued_max = 20, .waiting_max = 4, .batch_max = 4};

/// The same for sockets.
constexpr engine::HubLimits hub_limits{
    .connections_max = 6, .frames_in_flight_max = 4, .rows_per_step = 3, .rows_per_turn = 8};

/// Whatever can be read back is.
constexpr engine::LedgerLimits no_rows{.rows_max = 0};

/// The nodes of a proof, as the wire has them.
std::vector<Digest> nodes(const std::string& body) {
  const json::Document document = json::parse(body).value();
  std::vector<Digest> out;
  for (const json::Value text : document.root()["proof"].items()) {
    const Bytes node = from_base64(text.string()).value_or(Bytes());
    require(node.size() == sizeof(Digest), "a proof is made of digests", body);
    std::copy(node.begin(), node.end(), out.emplace_back().begin());
  }
  return out;
}

wire::Request get(std::string_view target, std::string key) {
  return {.target = "/api/v1" + std::string(target), .api_key = std::move(key)};
}

}  // namespace

Service::Service(Stage& stage, Oracle& oracle)
    : stage_(stage), oracle_(oracle), clock_(stage.timeline, stage.chance.between(0, 1'000'000), 0) {
  if (stage.chance.percent(50))
    signer_ = audit::make_verifier_key("lattice.example", Bytes(audit::ed25519_key_bytes, 5)).value();
}

// ---- The process ------------------------------------------------------------------------------------------

Service::Alive::Alive(const std::vector<audit::Row>& rows, const engine::SaveSnapshot* snapshot,
                      engine::LedgerLimits in_memory, const std::optional<audit::VerifierKey>& signer,
                      Entropy entropy, Now now)
    : engine(engine::LedgerHome::host, in_memory), hub(engine, hub_limits), published_rows(rows.size()) {
  if (snapshot != nullptr) {
    std::vector<audit::RowView> page;
    for (std::uint64_t at = snapshot->rows - snapshot->rows % engine::Ledger::page_rows; at <= snapshot->rows;
         ++at)
      page.push_back({rows.at(at).text, rows.at(at).openings});
    require(engine.restore(snapshot->bytes, page), "a snapshot that was kept is good");
  }
  for (std::uint64_t at = engine.ledger().size(); at < rows.size(); ++at) {
    const audit::Row& row = rows[at];
    const Status loaded = engine.load(row.text, row.openings);
    require(loaded.ok(), "whatever was stored can be read back", loaded.ok() ? "" : loaded.error().message);
  }
  engine.forget(rows.size());
  if (signer) engine.use_signer(*signer);
  host_key = mint_key("op_local_", entropy);
  engine.attach(engine::PrincipalKind::operator_, "host", sha256(host_key));
  sequencer.emplace(engine, std::move(entropy), limits);
  if (!rows.empty()) hub.handle_durable(rows.size(), now);
}

void Service::start() {
  if (up()) return;
  const bool from_snapshot = snapshot_ && stage_.chance.percent(70);
  if (from_snapshot) stage_.count(Count::snapshots_used);
  alive_ = std::make_unique<Alive>(rows_, from_snapshot ? &*snapshot_ : nullptr, no_rows, signer_,
                                   stage_.chance.fork(), clock_.now());
  ++process_;
  stage_.say("service   process ", process_, " starts with ", rows_.size(), " rows");
  drain();  // What an earlier process left to be redacted.
}

void Service::crash() {
  if (!up()) return;
  if (!pending_) stage_.count(alive_->open.empty() ? Count::crashes_idle : Count::crashes_with_waits);
  // A commit that was under way either made it or did not; nobody was told.
  if (pending_ && !pending_->rows.empty()) {
    const bool durable = stage_.chance.percent(50);
    if (durable) keep_pending();
    stage_.count(durable ? Count::crashes_after_durable : Count::crashes_before_durable);
  } else if (pending_) {
    stage_.count(Count::crashes_after_durable);
  }
  pending_.reset();
  if (redacting_ && stage_.chance.percent(50)) keep_redacted();
  redacting_.reset();
  reads_ = 0;
  stage_.say("service   process ", process_, " dies; ", rows_.size(), " rows are durable");
  alive_.reset();
  armed_ms_.reset();
  ++process_;
  on_death();
  on_sockets_death();
  stage_.timeline.in(stage_.chance.between(10, restart_ms_max), [this] { start(); });
}

void Service::later(Millis delay_ms, std::function<void()> event) {
  stage_.timeline.in(delay_ms, [this, event = std::move(event), process = process_] {
    if (process == process_) event();
  });
}

std::optional<Millis> Service::next_deadline() {
  const std::optional<Millis> requests = alive_->sequencer->next_deadline(clock_.now());
  const std::optional<Millis> sockets = alive_->hub.next_deadline();
  if (requests && sockets) return std::min(*requests, *sockets);
  return requests ? requests : sockets;
}

void Service::arm() {
  const std::optional<Millis> deadline_ms = next_deadline();
  if (deadline_ms == armed_ms_) return;
  // As in the kernel's host, one that is due stays: set anew at each change, it would never come while
  // deadlines move to and fro.
  if (armed_ms_ && clock_.on_timeline(*armed_ms_) <= stage_.timeline.now_ms()) return;
  armed_ms_ = deadline_ms;
  ++timer_;
  if (!deadline_ms) return;
  const Millis delay_ms = std::max<Millis>(clock_.on_timeline(*deadline_ms) - stage_.timeline.now_ms(), 0);
  later(delay_ms + stage_.chance.between(1, timer_lateness_ms_max), [this, timer = timer_] {
    if (timer == timer_) armed_ms_.reset();
    if (timer != timer_ && stage_.chance.percent(90)) return;  // A few timers cannot be called back.
    alive_->sequencer->handle_timeout(clock_.now());
    alive_->hub.handle_timeout(clock_.now());
    drain();
  });
}

void Service::drain() {
  while (std::optional<engine::SequencerOutput> output = alive_->sequencer->poll_output()) {
    std::visit([this](auto& each) { carry_out(std::move(each)); }, *output);
  }
  while (std::optional<engine::HubOutput> output = alive_->hub.poll_output()) {
    std::visit([this](const auto& each) { carry_out(each); }, *output);
  }
  require(alive_->sequencer->waiting_requests() <= alive_->open.size(),
          "nothing waits for somebody who is gone");
  arm();
}

// ---- Requests ---------------------------------------------------------------------------------------------

void Service::take(Ticket ticket, wire::Request request) {
  if (stage_.chance.percent(2)) alive_->sequencer->handle_snapshot_wanted(clock_.now());
  constexpr std::string_view before = "/api/v1/approvals/";
  constexpr std::string_view after = "/claim";
  const std::string& target = request.target;
  Taken taken{stage_.timeline.now_ms(), 0, {}, {}};
  if (const std::size_t at = target.find("?wait="); at != std::string::npos) {
    taken.hold_ms = 1000 * std::stoll(target.substr(at + 6));
  } else if (target.ends_with(after)) {
    taken.claims = target.substr(before.size(), target.size() - before.size() - after.size());
    taken.claim_id = request.event_id;
  }
  if (signer_ && (target.find("/audit/checkpoint") != std::string::npos ||
                  target.find("/audit/verify") != std::string::npos))
    taken.hold_ms = limits.sign_wait_ms;
  alive_->open.emplace(ticket, std::move(taken));
  alive_->sequencer->handle_request(ticket, std::move(request), clock_.now());
  drain();
}

void Service::disconnect(Ticket ticket) {
  if (const auto found = alive_->open.find(ticket); found != alive_->open.end()) {
    check_hold(found->second);
    alive_->open.erase(found);
  }
  alive_->sequencer->handle_disconnect(ticket);
  drain();
}

wire::Response Service::ask(wire::Request request) {
  at_once_ = true;
  asked_.reset();
  if (!request.body.empty()) request.content_type = "application/json";
  alive_->sequencer->handle_request(direct_ticket, std::move(request), clock_.now());
  drain();
  at_once_ = false;
  require(asked_.has_value(), "a request with a willing store is answered at once");
  return std::move(*asked_);
}

void Service::carry_out(engine::Respond respond) {
  require(!respond.response.request_id.empty(), "every answer has a request id");
  check_released(respond.response);
  if (respond.ticket == direct_ticket) {
    asked_ = std::move(respond.response);
  } else if (const auto found = alive_->open.find(respond.ticket); found != alive_->open.end()) {
    check_hold(found->second);
    check_claim(found->second, respond.response);
    alive_->open.erase(found);
    on_answer(respond.ticket, std::move(respond.response));
  }  // Else whoever asked is gone.
}

/// Only a store that is at work may keep an answer longer than whoever asked is willing to wait.
void Service::check_hold(const Taken& taken) const {
  const Millis began_ms = std::max(taken.at_ms, quiet_since_ms_);
  require(pending_ || redacting_ || reads_ > 0 ||
              stage_.timeline.now_ms() <= began_ms + taken.hold_ms + 2 * timer_lateness_ms_max,
          "no answer is held longer than it was asked to be");
}

/// A claim that is tried again is the same claim.
void Service::check_claim(const Taken& taken, const wire::Response& response) const {
  const KnownApproval* approval = taken.claims.empty() ? nullptr : oracle_.approval(taken.claims);
  if (!approval || approval->claim_id != taken.claim_id) return;
  require(response.status != 409, "whoever used an approval is told the same again", response.body);
}

/// What an answer speaks of is durable.
void Service::check_released(const wire::Response& response) const {
  if (response.body.find("\"next_cursor\"") != std::string::npos)
    return;  // Pages are long, and checked by nobody.
  if (response.content_type == wire::media_type::lines) return check_rows(response.body);
  const Result<json::Document> body = json::parse(response.body, {.bytes_max = 64 << 20, .depth_max = 128});
  require(body.ok(), "every answer is JSON", response.body);
  const json::Value root = body->root();
  const char* invariant = "no answer leaves before its rows are durable";
  if (const auto row_id = root["row_id"].as_uint64())
    require(*row_id < rows_.size(), invariant, response.body);
  if (const std::string_view id = root["id"].string(); id.starts_with("del-")) {
    require(oracle_.delegation(id) != nullptr, invariant, response.body);
  }
  if (root["votes"].present()) {
    const KnownApproval* approval = oracle_.approval(root["approval_id"].string());
    require(approval != nullptr, invariant, response.body);
    require(root["status"].string() != "approved" || approval->was_approved, invariant, response.body);
    require(root["votes"].size() <= approval->votes.size(), invariant, response.body);
  }
  if (signer_ && root["checkpoint"].present()) check_signed(root["checkpoint"].string());
  for (const json::Value field : root["redacted"].items()) {
    require(rows_.at(root["row_id"].as_uint64().value()).openings.find(field.string()) == std::string::npos,
            "no answer leaves before what it redacts is gone from the store", response.body);
  }
  if (root["error"]["code"].string() == "RATE_LIMITED") stage_.count(Count::service_busy);
}

/// Rows that are handed out are those of the store.
void Service::check_rows(std::string_view lines) const {
  const auto rows = audit::read_lines(lines);
  require(rows.has_value(), "rows are handed out whole");
  for (const audit::RowView& row : *rows) {
    const Result<audit::RowFrame> frame = audit::read_frame(row.text);
    require(frame && frame->row_id < rows_.size() && rows_.at(frame->row_id).text == row.text,
            "rows are handed out once they are durable, as they are", std::string(row.text));
  }
}

void Service::carry_out(const engine::Publish& publish) {
  require(publish.first_row == alive_->published_rows && publish.end_row > publish.first_row &&
              publish.end_row <= rows_.size(),
          "every durable row is published once, in order, and none before");
  alive_->published_rows = publish.end_row;
  alive_->hub.handle_durable(publish.end_row, clock_.now());
  alive_->engine.forget(publish.end_row);
}

// ---- Sockets ----------------------------------------------------------------------------------------------

void Service::connect(engine::ConnectionId connection) {
  alive_->hub.handle_connect(connection, clock_.now());
  drain();
}

void Service::take_frame(engine::ConnectionId connection, std::string_view text) {
  alive_->hub.handle_frame(connection, text, clock_.now());
  drain();
}

void Service::frame_left(engine::ConnectionId connection, std::size_t bytes, bool last) {
  if (last) {
    alive_->hub.handle_flushed(connection, clock_.now());
  } else {
    alive_->hub.handle_left(connection, bytes);
  }
  drain();
}

void Service::hung_up(engine::ConnectionId connection) {
  alive_->hub.handle_hung_up(connection);
  drain();
}

void Service::carry_out(const engine::SendFrame& send) { on_frame(send.connection, *send.text); }

void Service::carry_out(const engine::HangUp& hang_up) {
  if (hang_up.code == wire::close_code::try_again_later) stage_.count(Count::listeners_hung_up_on);
  on_hang_up(hang_up.connection, hang_up.code);
}

void Service::carry_out(const engine::BeginLedger&) {
  require(false, "nobody is asked to begin a ledger that has begun");
}

// ---- At rest ----------------------------------------------------------------------------------------------

void Service::pin() {
  if (!rows_.empty()) pins_.push_back(oracle_.verifier().checkpoint("pin"));
}

void Service::check_rest() {
  require(up(), "the service is up in the end");
  require(alive_->open.empty(), "no request stays unanswered");
  require(!pending_.has_value() && !redacting_.has_value(), "no append stays behind");
  require(alive_->hub.connections() == 0, "no session of a listener stays behind");
  require(!next_deadline().has_value(), "no deadline of the service stays behind");
  require(alive_->published_rows == rows_.size(), "every durable row is published");
  require(oracle_.live_delegations().empty(), "no delegation outlives its time");
  require(oracle_.open_approvals().empty(), "no approval outlives its time");
  // A signer that failed the last time signs now, and counts as sound again.
  ask(get("/audit/checkpoint", host_key()));
  check_checkpoints();
  check_receipts();
  check_replay();
  check_redacted();
}

void Service::check_checkpoints() {
  require(alive_->engine.ledger().size() == rows_.size(),
          "the engine knows what is durable, and nothing else");
  const Result<audit::Checkpoint> newest = audit::parse_note(alive_->engine.checkpoint());
  require(newest.ok(), "the checkpoint can be read");
  audit::Verifier verifier = oracle_.verifier();
  for (const audit::Checkpoint& pin : pins_) {
    verifier.compare(pin, false);
    const wire::Response proof = ask(get(
        "/audit/proof/consistency?from=" + std::to_string(pin.size) + "&to=" + std::to_string(rows_.size()),
        host_key()));
    require(audit::verify_consistency(pin.size, rows_.size(), pin.root, newest->root, nodes(proof.body)),
            "the ledger extends every checkpoint that was pinned");
  }
  verifier.compare(*newest, true);
  require(verifier.finding().damage == audit::Damage::none, "the durable ledger verifies",
          verifier.finding().message);
}

/// Whoever has nothing but the receipt of an action can tell what was decided on it in the end.
void Service::check_receipts() {
  for (const auto& [id, action] : oracle_.actions()) {
    const wire::Response response = ask(get("/audit/receipts/" + id, host_key()));
    const Result<json::Document> body = json::parse(response.body);
    require(response.status == 200 && body.ok(), "there is a receipt of every action", response.body);
    const audit::Receipt receipt{.row = body->root()["row"].string(),
                                 .openings = body->root()["openings"].string(),
                                 .proof = body->root()["proof"].string()};
    const audit::Finding finding = audit::check_receipt(receipt);
    require(finding.damage == audit::Damage::none, "a receipt proves itself", finding.message);
    const Result<audit::RowFrame> row = audit::read_frame(receipt.row);
    require(row->type == "action." + action.outcome, "a receipt tells the latest decision", response.body);
    const audit::Row& durable = rows_.at(row->row_id);
    require(receipt.row == durable.text && receipt.openings == durable.openings,
            "a receipt holds the row that is durable, and what is left of its openings", response.body);
    if (signer_) check_signed(audit::parse_proof(receipt.proof)->note);
    stage_.count(Count::receipts_checked);
  }
}

/// A new process on the same rows gives the same answers, from memory; it takes the place of the old one.
void Service::check_replay() {
  constexpr std::array<std::string_view, 8> reads{"/approvals?status=pending&limit=500",
                                                  "/approvals?status=approved&limit=500",
                                                  "/approvals?status=denied&limit=500",
                                                  "/approvals?status=expired&limit=500",
                                                  "/approvals?status=cancelled&limit=500",
                                                  "/policies",
                                                  "/audit?limit=60",
                                                  "/posture"};
  auto replayed = std::make_unique<Alive>(rows_, nullptr, engine::LedgerLimits{}, signer_,
                                          stage_.chance.fork(), clock_.now());
  require(replayed->engine.checkpoint() == alive_->engine.checkpoint(), "a replay has the same checkpoint");
  Entropy entropy = stage_.chance.fork();
  for (const std::string_view target : reads) {
    const wire::Response here = ask(get(target, host_key()));
    const wire::Response there =
        replayed->engine.handle(get(target, replayed->host_key), clock_.now().wall_ms, entropy).response;
    require(here.status == 200 && there.body == here.body, "a replay of the ledger gives the same answers",
            std::string(target));
  }
  alive_ = std::move(replayed);
  stage_.count(Count::replays_compared);
}

}  // namespace al::sim
