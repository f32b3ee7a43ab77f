// The settings of an organisation: its limits for approvals, the circuit breaker and anomalies. One table
// holds every field with its range and its default; reading, writing and docs/enforcement.md follow it.
#pragma once

#include <string>

#include "anomaly/baseline.h"
#include "approval/approval.h"
#include "base/json.h"
#include "base/result.h"
#include "breaker/circuit.h"

namespace al::engine {

struct Settings {
  approval::Settings approvals;
  breaker::Settings breaker;
  anomaly::Settings anomalies;
};

/// {"anomalies":{…},"approvals":{…},"breaker":{…}}: what is left out takes its default; what is unknown or
/// out of range is a fault. Fails with `invalid_request`, and names every fault.
[[nodiscard]] Result<Settings> read_settings(json::Value document);
/// Every field, as canonical JSON.
[[nodiscard]] std::string write_settings(const Settings& settings);

}  // namespace al::engine
