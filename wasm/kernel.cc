#include "kernel.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/json_reader.h"
#include "client/settlement.h"
#include "fetch_transport.h"
#include "websocket_transport.h"
#include "wire/limits.h"
#include "wire/realtime.h"

namespace al::wasm {
namespace {

constexpr std::int64_t ms_max = std::int64_t{1} << 53;

struct ClientConfig {
  client::Config client;
  std::optional<std::string> base_url;
};

Result<ClientConfig> read_client_config(const std::string& text) {
  const Result<json::Document> document = json::parse(text);
  if (!document) return document.error();
  std::vector<json::Fault> faults;
  json::ObjectReader in(document->root(), "", faults);
  ClientConfig out;
  client::Config& c = out.client;
  c.api_key = in.required_string("api_key");
  if (const auto base_url = in.string("base_url")) out.base_url = std::string(*base_url);
  c.request_timeout_ms = in.integer("request_timeout_ms", 1, ms_max).value_or(c.request_timeout_ms);
  c.attempts_max = static_cast<int>(in.integer("attempts_max", 1, 100).value_or(c.attempts_max));
  c.gate_timeout_ms = in.integer("gate_timeout_ms", 1, ms_max).value_or(c.gate_timeout_ms);
  c.poll_interval_ms = in.integer("poll_interval_ms", 1, ms_max).value_or(c.poll_interval_ms);
  c.long_poll_s = in.integer("long_poll_s", 0, wire::approval_wait_s_max).value_or(c.long_poll_s);
  in.finish();
  if (faults.empty()) return out;
  return json::faults_error(Code::invalid_argument, "the client's options are not valid", faults);
}

}  // namespace

std::string error_text(const Error& error) { return client::to_json({.error = error}); }

std::string error_result(const Error& error) { return "{\"error\":" + error_text(error) + "}"; }

std::string Kernel::open_client(const std::string& config) {
  Result<ClientConfig> read = read_client_config(config);
  if (!read) return error_result(read.error());
  std::unique_ptr<transport::Transport> transport;
  if (read->base_url) {
    transport = std::make_unique<FetchTransport>(*read->base_url, *this);
  } else {
    transport = local_transport();
  }
  if (!transport) {
    return error_result({Code::invalid_argument, "there is neither a base_url nor a lattice"});
  }
  ++last_client_;
  Client& client = clients_.try_emplace(last_client_, *this, last_client_).first->second;
  client.transport = std::move(transport);
  client.base_url = std::move(read->base_url);
  client.api_key = read->client.api_key;
  if (!client.base_url) client.local_key = sha256(client.api_key);
  client.driver = std::make_unique<transport::Driver>(
      client::Client(std::move(read->client), platform_entropy()), *client.transport, clock_, client);
  return "{\"client\":" + std::to_string(last_client_) + "}";
}

Kernel::Client* Kernel::client_of(std::uint32_t client) {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second;
}

void Kernel::submit(std::uint32_t client, std::uint32_t call, client::Command command) {
  const Verb verb(*this);
  Client* found = client_of(client);
  if (found == nullptr) {
    host_.settle(call, false, error_text({Code::closed, "there is no such client, or it was closed"}));
    return;
  }
  found->driver->submit(call, std::move(command));
}

void Kernel::cancel(std::uint32_t client, std::uint32_t call) {
  const Verb verb(*this);
  if (Client* found = client_of(client)) found->driver->cancel(call);
}

std::optional<Kernel::LocalClient> Kernel::local_client(std::uint32_t client) {
  const Client* found = client_of(client);
  if (found == nullptr || found->closed || !found->local_key) return {};
  return LocalClient{found->driver.get(), *found->local_key};
}

void Kernel::close_client(std::uint32_t client) {
  const Verb verb(*this);
  Client* found = client_of(client);
  if (found == nullptr) return;
  found->closed = true;
  for (const auto& [id, subscription] : subscriptions_) {
    if (subscription->client == client)
      subscription->driver->end(Error{Code::closed, "this client was closed"});
  }
  found->driver->close();
}

void Kernel::Client::on_settle(client::Settle settlement) {
  kernel.host_.settle(settlement.call, settlement.ok, settlement.json);
}

void Kernel::update(Client& client) {
  client_deadlines_.note(client.id, client.deadline_ms, client.driver->next_deadline());
  const client::Client& machine = client.driver->client();
  const bool busy = machine.open_calls() + machine.background_calls() > 0;
  staying_ += std::size_t{busy} - std::size_t{client.busy};
  client.busy = busy;
  some_ended_ |= client.closed && !busy;
}

void Kernel::update(Subscription& subscription) {
  subscription_deadlines_.note(subscription.id, subscription.deadline_ms,
                               subscription.driver->next_deadline());
  some_ended_ |= subscription.driver->channel().ended();
}

// ---- Subscriptions

Result<std::unique_ptr<transport::Socket>> Kernel::socket_of(const Client& client) {
  if (!client.base_url) return local_socket();
  Result<std::string> url = wire::events_url(*client.base_url);
  if (!url) return url.error();
  return std::unique_ptr<transport::Socket>(std::make_unique<WebSocketTransport>(std::move(*url), *this));
}

void Kernel::subscribe(std::uint32_t client, std::uint32_t subscription, const std::string& filter) {
  const Verb verb(*this);
  if (subscriptions_.contains(subscription)) return;
  const auto refuse = [&](const Error& error) {
    host_.channel(subscription, client::text(client::ChannelNews::ended), error_text(error));
  };
  const Client* found = client_of(client);
  if (found == nullptr || found->closed) {
    return refuse({Code::closed, "there is no such client, or it was closed"});
  }
  Result<wire::Subscribe> wishes = wire::read_filter(filter);
  if (!wishes) return refuse(wishes.error());
  Result<std::unique_ptr<transport::Socket>> socket = socket_of(*found);
  if (!socket) return refuse(socket.error());
  wishes->token = found->api_key;

  auto entry = std::make_unique<Subscription>(*this, subscription, client);
  entry->over_network = found->base_url.has_value();
  staying_ += std::size_t{entry->over_network};
  entry->socket = std::move(*socket);
  entry->driver = std::make_unique<transport::ChannelDriver>(
      client::Channel(std::move(*wishes), platform_entropy()), *entry->socket, clock_, *entry);
  transport::ChannelDriver& driver = *entry->driver;
  subscriptions_.emplace(subscription, std::move(entry));
  driver.start();
}

transport::ChannelDriver* Kernel::channel_of(std::uint32_t client, std::uint32_t subscription) {
  const auto found = subscriptions_.find(subscription);
  return found == subscriptions_.end() || found->second->client != client ? nullptr
                                                                          : found->second->driver.get();
}

void Kernel::unsubscribe(std::uint32_t client, std::uint32_t subscription) {
  const Verb verb(*this);
  if (transport::ChannelDriver* channel = channel_of(client, subscription)) channel->end();
}

void Kernel::pause(std::uint32_t client, std::uint32_t subscription) {
  const Verb verb(*this);
  if (transport::ChannelDriver* channel = channel_of(client, subscription)) channel->pause();
}

void Kernel::resume(std::uint32_t client, std::uint32_t subscription) {
  const Verb verb(*this);
  if (transport::ChannelDriver* channel = channel_of(client, subscription)) channel->resume();
}

// ---- Time

void Kernel::wake() {
  const Verb verb(*this);
  wake_at_ms_ = -1;
  const Millis now_ms = clock_.now().steady_ms;
  for (const Deadlines::Id id : client_deadlines_.due(now_ms))
    clients_.at(static_cast<std::uint32_t>(id)).driver->handle_timeout();
  for (const Deadlines::Id id : subscription_deadlines_.due(now_ms))
    subscriptions_.at(static_cast<std::uint32_t>(id))->driver->handle_timeout();
  const std::optional<Millis> other = other_deadline();
  if (other && *other <= now_ms) handle_other_timeout();
}

void Kernel::drop_clients() {
  subscriptions_.clear();
  clients_.clear();
}

std::optional<Millis> Kernel::next_deadline() {
  std::optional<Millis> next = other_deadline();
  const auto join = [&](std::optional<Millis> deadline) {
    if (deadline) next = std::min(next.value_or(*deadline), *deadline);
  };
  join(client_deadlines_.next());
  join(subscription_deadlines_.next());
  return next;
}

void Kernel::end_verb() {
  clock_.release();
  if (std::exchange(some_ended_, false)) {
    std::erase_if(subscriptions_, [this](const auto& entry) {
      const bool ended = entry.second->driver->channel().ended();
      staying_ -= std::size_t{ended && entry.second->over_network};
      return ended;
    });
    std::erase_if(clients_, [](const auto& entry) { return entry.second.closed && !entry.second.busy; });
  }

  // Timers of every platform take 31 bits; a wish further away is renewed when the timer comes.
  constexpr Millis delay_max_ms = 0x7fff'ffff;
  const std::optional<Millis> next = next_deadline();
  const bool keep_alive = staying_ > 0;
  const Millis wake_at_ms = next.value_or(-1);
  if (wake_at_ms == wake_at_ms_ && keep_alive == keep_alive_) return;
  wake_at_ms_ = wake_at_ms;
  keep_alive_ = keep_alive;
  const Millis delay_ms = next ? std::clamp<Millis>(*next - clock_.now().steady_ms, 0, delay_max_ms) : -1;
  host_.wake_in(delay_ms, keep_alive);
}

}  // namespace al::wasm
