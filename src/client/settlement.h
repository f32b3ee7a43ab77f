// How a call's failure is told to the application: one JSON object, free of keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "wire/results.h"

namespace al::client {

/// An Error with what the application needs beside it. Empty fields are left out.
struct Failure {
  Error error;
  std::string request_id = {};
  std::optional<Millis> retry_after_ms = {};
  bool is_denial = false;  // writes reason, policy and conditions even where they are empty
  std::string reason = {};
  std::string policy = {};
  std::string conditions = {};  // a JSON array
  std::string approval_id = {};
  std::string audit_event_id = {};
};

/// The failure that a denied action is for a gate.
[[nodiscard]] Failure denial(const wire::ActionResult& result);
/// The failure that an approval which was decided against, cancelled or left to expire is for a gate.
[[nodiscard]] Failure denial(const wire::Approval& approval);

[[nodiscard]] std::string to_json(const Failure& failure);

/// Replaces every occurrence of `secret` in `text`. Services echo headers in their errors; a key must not
/// travel on that way.
void scrub(std::string& text, std::string_view secret);

}  // namespace al::client
