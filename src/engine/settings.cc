#include "engine/settings.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json_reader.h"
#include "base/json_writer.h"

namespace al::engine {
namespace {

template <typename Section>
struct Field {
  std::string_view name;
  std::int64_t min;
  std::int64_t max;
  std::int64_t Section::* value;
};

using Anomalies = anomaly::Settings;
using Approvals = approval::Settings;
using Breaker = breaker::Settings;

// INVARIANT: names ascend, so that what is written is canonical. A limit or severity of 0 is off.
constexpr std::array anomaly_fields{
    Field<Anomalies>{"calibration_actions", 0, 1'000'000, &Anomalies::calibration_actions},
    Field<Anomalies>{"calibration_hours", 0, 8760, &Anomalies::calibration_hours},
    Field<Anomalies>{"halt_severity", 0, 100, &Anomalies::halt_severity},
    Field<Anomalies>{"open_severity", 0, 100, &Anomalies::open_severity},
    Field<Anomalies>{"spike_factor", 2, 100, &Anomalies::spike_factor},
};
constexpr std::array approval_fields{
    Field<Approvals>{"pending_max", 1, 100'000, &Approvals::pending_max},
};
constexpr std::array breaker_fields{
    Field<Breaker>{"cool_down_max_seconds", 1, 604'800, &Breaker::cool_down_max_seconds},
    Field<Breaker>{"cool_down_seconds", 1, 86'400, &Breaker::cool_down_seconds},
    Field<Breaker>{"denial_percent", 0, 100, &Breaker::denial_percent},
    Field<Breaker>{"failure_percent", 0, 100, &Breaker::failure_percent},
    Field<Breaker>{"minimum_count", 1, 100'000, &Breaker::minimum_count},
    Field<Breaker>{"probe_seconds", 1, 86'400, &Breaker::probe_seconds},
    Field<Breaker>{"probes_max", 1, 16, &Breaker::probes_max},
    Field<Breaker>{"velocity_max", 0, 1'000'000'000, &Breaker::velocity_max},
    Field<Breaker>{"velocity_window_seconds", 1, 3600, &Breaker::velocity_window_seconds},
    Field<Breaker>{"window_seconds", 1, 86'400, &Breaker::window_seconds},
};

template <typename Fields, typename Section>
void read_section(json::ObjectReader& in, std::string_view name, const Fields& fields, Section& out,
                  std::vector<json::Fault>& faults) {
  const json::Value object = in.object(name);
  if (!object.present()) return;
  json::ObjectReader section(object, in.pointer(name), faults);
  for (const auto& field : fields) {
    if (const auto number = section.integer(field.name, field.min, field.max)) out.*field.value = *number;
  }
  section.finish();
}

template <typename Fields, typename Section>
void write_section(json::Writer& writer, std::string_view name, const Fields& fields,
                   const Section& section) {
  writer.key(name).begin_object();
  for (const auto& field : fields) writer.field(field.name, section.*field.value);
  writer.end_object();
}

}  // namespace

Result<Settings> read_settings(json::Value document) {
  std::vector<json::Fault> faults;
  Settings out;
  json::ObjectReader in(document, "", faults);
  read_section(in, "anomalies", anomaly_fields, out.anomalies, faults);
  read_section(in, "approvals", approval_fields, out.approvals, faults);
  read_section(in, "breaker", breaker_fields, out.breaker, faults);
  if (out.breaker.cool_down_max_seconds < out.breaker.cool_down_seconds) {
    faults.push_back({"/breaker/cool_down_max_seconds", "must not be below cool_down_seconds"});
  }
  in.finish();
  if (!faults.empty()) return json::faults_error(Code::invalid_request, "the settings are not valid", faults);
  return out;
}

std::string write_settings(const Settings& settings) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  write_section(writer, "anomalies", anomaly_fields, settings.anomalies);
  write_section(writer, "approvals", approval_fields, settings.approvals);
  write_section(writer, "breaker", breaker_fields, settings.breaker);
  writer.end_object();
  return out;
}

}  // namespace al::engine
