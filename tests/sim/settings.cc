#include "settings.h"

namespace al::sim {

std::string draw_settings(Chance& chance) {
  const auto number = [&](std::int64_t low, std::int64_t high) {
    return std::to_string(chance.between(low, high));
  };
  const auto now_and_then = [&](unsigned percent, std::int64_t low, std::int64_t high) {
    return chance.percent(percent) ? number(low, high) : "0";
  };
  std::string out = R"({"breaker":{"window_seconds":)" + number(10, 120);
  out += R"(,"minimum_count":)" + number(2, 6);
  out += R"(,"failure_percent":)" + now_and_then(50, 20, 90);
  out += R"(,"denial_percent":)" + now_and_then(50, 30, 90);
  out += R"(,"velocity_max":)" + now_and_then(40, 3, 12);
  out += R"(,"velocity_window_seconds":)" + number(5, 30);
  out += R"(,"cool_down_seconds":)" + number(2, 10);
  out += R"(,"cool_down_max_seconds":)" + number(10, 40);
  out += R"(,"probes_max":)" + number(1, 2);
  out += R"(,"probe_seconds":)" + number(3, 20);
  out += R"(},"approvals":{"pending_max":)" + (chance.percent(60) ? number(1, 3) : "1000");
  out += R"(},"anomalies":{"calibration_hours":0,"calibration_actions":)" + number(3, 20);
  out += R"(,"open_severity":)" + now_and_then(50, 40, 80);
  out += R"(,"halt_severity":)" + now_and_then(20, 60, 100);
  return out + "}}";
}

}  // namespace al::sim
