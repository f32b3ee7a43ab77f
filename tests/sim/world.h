// One simulated world, made from one number: agents, operators, the service, and the network between them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent.h"
#include "effects.h"
#include "listener.h"
#include "network.h"
#include "operator.h"
#include "oracle.h"
#include "service.h"
#include "sockets.h"
#include "stage.h"

namespace al::sim {

class World {
 public:
  explicit World(std::uint64_t seed) : stage(seed) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// From the first event to the last. Throws Broken.
  void run();
  /// What was counted. Nothing can be done with the world afterwards.
  [[nodiscard]] Statistics finish();

  Stage stage;

 private:
  void furnish();
  wire::Response ask(wire::Method method, std::string target, std::string body);
  void add_listener(std::string_view name, std::string api_key, std::string agent_id);
  void change_weather();
  void trouble_service();
  void calm_down();
  void check_rest();

  Oracle oracle_{stage};
  Service service_{stage, oracle_};
  Network network_{stage, service_};
  Sockets sockets_{stage, service_};
  Effects effects_{stage, oracle_};
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::string> key_ids_;
};

}  // namespace al::sim
