// A durable row as the oracle reads it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "audit/row.h"
#include "base/json.h"
#include "base/time.h"
#include "stage.h"

namespace al::sim {

/// One row, taken apart.
struct Reading {
  const audit::Row& raw;
  json::Document document;
  json::Document openings;
  std::string type;
  std::string agent_id;
  Millis wall_ms = 0;
  json::Value facts;

  explicit Reading(const audit::Row& row) : raw(row) {
    Result<json::Document> text = json::parse(row.text);
    Result<json::Document> opened = json::parse(row.openings.empty() ? "{}" : row.openings);
    require(text.ok() && opened.ok(), "every row is JSON");
    document = std::move(*text);
    openings = std::move(*opened);
    type = document.root()["type"].string();
    agent_id = document.root()["agent_id"].string();
    wall_ms = parse_rfc3339(document.root()["timestamp"].string()).value_or(-1);
    facts = document.root()["facts"];
  }
  [[nodiscard]] std::string fact(std::string_view name) const { return std::string(facts[name].string()); }
  [[nodiscard]] Millis time(json::Value value) const { return parse_rfc3339(value.string()).value_or(-1); }
  [[nodiscard]] std::string opened(std::string_view name) const {
    const json::Value value = openings.root()[name]["value"];
    return value.present() ? json::canonical(value) : std::string();
  }
  [[nodiscard]] std::string about() const { return "row " + std::to_string(raw.row_id) + " " + raw.text; }
  void must(bool holds, const char* invariant) const {
    if (!holds) throw Broken{std::string(invariant) + ": " + about()};
  }
};

}  // namespace al::sim
