#include "listener.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "wire/realtime.h"

namespace al::sim {

namespace {

/// In a world without faults, whatever was missed is heard by then: silence is noticed, a back-off is over,
/// and a few turns of the service are taken.
constexpr Millis catch_up_ms_max = 180'000;

wire::Subscribe draw_filter(std::string token, const std::string& agent_id, Chance& chance) {
  wire::Subscribe filter{.token = std::move(token)};
  if (chance.percent(40)) {
    filter.events.emplace();
    for (const std::string_view event : wire::event_types()) {
      if (chance.percent(60)) filter.events->emplace_back(event);
    }
    if (filter.events->empty()) filter.events.reset();
  }
  if (!agent_id.empty() && chance.percent(30)) filter.agent_id = agent_id;
  return filter;
}

}  // namespace

Listener::Listener(Stage& stage, Sockets& sockets, const Service& service, const Oracle& oracle,
                   std::string name, std::string api_key, std::string agent_id)
    : stage_(stage),
      sockets_(sockets),
      service_(service),
      oracle_(oracle),
      name_(std::move(name)),
      api_key_(std::move(api_key)),
      agent_id_(std::move(agent_id)),
      filter_(draw_filter(api_key_, agent_id_, stage.chance)),
      clock_(stage.timeline, stage.chance.between(0, 1'000'000'000), 0),
      alarm_(stage, clock_, [this] {
        if (!driver_) return;
        driver_->handle_timeout();
        arm();
      }) {
  if (stage.chance.percent(50)) position_ = stage.chance.index(oracle.news().size());
}

Listener::~Listener() {
  if (connection_ != 0) sockets_.close(connection_, true);
}

// ---- Life -------------------------------------------------------------------------------------------------

void Listener::live() {
  start_process();
  stage_.timeline.in(stage_.chance.between(0, 5'000), [this] { act(); });
}

void Listener::start_process() {
  if (driver_ || over_) return;
  filter_.after = position_;
  driver_ = std::make_unique<transport::ChannelDriver>(client::Channel(filter_, stage_.chance.fork()),
                                                       static_cast<transport::Socket&>(*this), clock_,
                                                       static_cast<transport::ChannelSink&>(*this));
  driver_->start();
  arm();
}

void Listener::crash() {
  stage_.count(Count::listeners_crashed);
  stage_.say(name_, "  dies");
  if (connection_ != 0) sockets_.close(std::exchange(connection_, 0), stage_.chance.percent(70));
  driver_.reset();
  arm();
  stage_.timeline.in(stage_.chance.between(0, 20'000), [this] { start_process(); });
}

void Listener::act() {
  if (!stage_.faults) return wind_up();
  Chance& chance = stage_.chance;
  const std::int64_t what = chance.between(0, 99);
  if (driver_ && what < 12) {
    crash();
  } else if (driver_ && what < 30) {
    stage_.count(Count::channels_paused);
    driver_->pause();
    arm();
    stage_.timeline.in(chance.between(10, 30'000), [this] {
      if (driver_) driver_->resume();
      arm();
    });
  } else if (connection_ != 0 && what < 45) {
    sockets_.stall(connection_, chance.between(500, 40'000));
  }
  stage_.timeline.in(chance.between(500, 12'000), [this] { act(); });
}

void Listener::wind_up() {
  stage_.timeline.in(stage_.chance.between(60'000, 600'000), [this] {
    stage_.timeline.in(catch_up_ms_max, [this, rows = service_.rows().size()] { finish(rows); });
  });
}

void Listener::finish(std::uint64_t rows) {
  if (over_) return;
  require(driver_ != nullptr && position_.has_value(), "in a world without faults, everybody gets to listen",
          name_);
  const std::uint64_t missing = next_wanted(*position_ + 1);
  require(missing >= rows, "every event is heard in the end",
          name_ + " missed row " + std::to_string(missing));
  stage_.count(Count::listeners_caught_up);
  driver_->end();
  arm();
}

void Listener::arm() { alarm_.set(driver_ ? driver_->next_deadline() : std::nullopt); }

void Listener::check_rest() const {
  require(over_, "every channel ends", name_);
  require(!driver_ || !driver_->next_deadline().has_value(), "no deadline of a channel stays behind", name_);
  require(connection_ == 0, "no socket of a channel stays behind", name_);
}

// ---- What is heard ----------------------------------------------------------------------------------------

bool Listener::wants(const News& news) const {
  if (news.event_type.empty()) return false;
  const bool own = news.agent_id == agent_id_ || news.event_type == "policy.changed";
  if (!agent_id_.empty() && !own) return false;
  if (!filter_.agent_id.empty() && news.agent_id != filter_.agent_id) return false;
  return !filter_.events ||
         std::find(filter_.events->begin(), filter_.events->end(), news.event_type) != filter_.events->end();
}

std::uint64_t Listener::next_wanted(std::uint64_t from) const {
  const std::vector<News>& news = oracle_.news();
  while (from < news.size() && !wants(news[static_cast<std::size_t>(from)])) ++from;
  return from;
}

void Listener::on_event(client::Deliver event) {
  require(position_.has_value(), "a channel is ready before it tells of anything");
  require(event.seq < oracle_.news().size(), "only what is durable is told", event.json);
  require(event.seq == next_wanted(*position_ + 1),
          "each event is heard once, in order, and none is left out",
          name_ + " stands at row " + std::to_string(*position_) + " and hears " + event.json);
  const KnownAgent* me = agent_id_.empty() ? nullptr : oracle_.agent(agent_id_);
  require(!me || !me->key_revoked_row || event.seq < *me->key_revoked_row,
          "nobody hears what came after the end of their key", event.json);
  require(event.json.find(api_key_) == std::string::npos, "no key in what a listener is told");
  const News& news = oracle_.news()[static_cast<std::size_t>(event.seq)];
  const Result<json::Document> told = json::parse(event.json);
  require(told.ok(), "every event is JSON", event.json);
  const json::Value root = told->root();
  require(root["event_type"].string() == news.event_type && root["agent_id"].string() == news.agent_id &&
              json::canonical(root["data"]) == news.facts,
          "an event says what its row says", event.json);
  position_ = event.seq;
  stage_.count(Count::events_heard);
  stage_.mix(event.json);
  stage_.say(name_, "  hears ", event.json);
}

void Listener::on_report(client::Report report) {
  stage_.say(name_, "  is told: ", client::text(report.news), " ", report.json);
  if (report.news == client::ChannelNews::ready && !position_) position_ = driver_->channel().last();
  if (report.news != client::ChannelNews::ended) return;
  over_ = true;
  if (report.json.empty()) return;  // It wanted to.
  const Result<json::Document> why = json::parse(report.json);
  require(why.ok() && why->root()["code"].string() == "UNAUTHENTICATED" && !agent_id_.empty() &&
              oracle_.agent(agent_id_)->key_revoked_row,
          "a channel ends by itself only when its key was revoked", report.json);
  stage_.count(Count::listeners_revoked);
}

// ---- Its sockets ------------------------------------------------------------------------------------------

Status Listener::open(client::SocketId socket, transport::SocketSink&) {
  require(connection_ == 0, "a channel has one socket at a time");
  connection_ = sockets_.open(socket, *this);
  return Unit{};
}

void Listener::send(client::SocketId, std::string_view text) { sockets_.send(connection_, text); }

void Listener::close(client::SocketId, std::uint16_t) {
  if (connection_ != 0) sockets_.close(std::exchange(connection_, 0), true);
}

void Listener::on_open(client::SocketId socket) {
  driver_->on_open(socket);
  arm();
}

void Listener::on_text(client::SocketId socket, std::string_view text) {
  driver_->on_text(socket, text);
  arm();
}

void Listener::on_close(client::SocketId socket, std::uint16_t code, std::string_view reason) {
  connection_ = 0;
  driver_->on_close(socket, code, reason);
  arm();
}

}  // namespace al::sim
