// The JSON parser: any bytes. What it accepts has one canonical form, which it accepts too.
#include "base/json.h"

#include <string>

#include "fuzz.h"

using namespace al;
using fuzz::must;

namespace {

/// Visits every value in every way there is to look at one.
void look_at(json::Value value, std::size_t depth) {
  must(depth <= json::Limits{}.depth_max, "no value is deeper than the limit");
  must(!value.is_number() || value.as_double().has_value(), "every number is near some double");
  must(!value.is_number() || json::compare(*value.as_number(), *value.as_number()) == 0,
       "every number equals itself");
  must(json::equal(value, value), "every value equals itself");
  std::size_t members = 0;
  for (const auto& [name, member] : value.members()) {
    must(json::equal(value[name], member), "a member is found by its name, which no other has");
    look_at(member, depth + 1);
    ++members;
  }
  for (const json::Value item : value.items()) {
    look_at(item, depth + 1);
    ++members;
  }
  must(members == value.size(), "size() counts what there is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Result<json::Document> first = json::parse(fuzz::text_of(bytes, size));
  if (!first) {
    must(!first.error().message.empty(), "a refusal says why");
    return 0;
  }
  look_at(first->root(), 0);
  const std::string canonical = json::canonical(first->root());
  // Canonical numbers may be longer than they were written.
  const Result<json::Document> second = json::parse(canonical, {.bytes_max = 64 << 20});
  must(second.ok(), "what was accepted is accepted in its canonical form");
  must(json::equal(first->root(), second->root()), "the canonical form means the same");
  must(json::canonical(second->root()) == canonical, "the canonical form is its own");
  return 0;
}
