#include "audit/row.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <optional>
#include <utility>

#include "audit/canonical.h"
#include "base/bytes.h"
#include "base/hex.h"
#include "base/json_writer.h"

namespace al::audit {
namespace {

/// A commitment to a value: SHA-256(salt ‖ canonical JSON).
Digest commit(std::span<const std::uint8_t> salt, std::string_view value) {
  return Sha256().update(salt).update(value).finish();
}

void append_quoted_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  out += '"';
  append_hex(out, bytes);
  out += '"';
}

/// The one form that format_rfc3339 writes: 24 characters, UTC, milliseconds, no leap second.
std::optional<Millis> read_timestamp(std::string_view text) {
  if (text.size() != 24 || text[10] != 'T' || text[17] == '6' || text[19] != '.' || text[23] != 'Z')
    return {};
  return parse_rfc3339(text);
}

Error corrupt(std::string message) { return Error{Code::ledger_corrupt, std::move(message)}; }

Error corrupt_at(std::string_view what, const CanonicalReader& in, std::string_view member) {
  std::string message(what);
  message.append(" is not in canonical form at byte ").append(std::to_string(in.position()));
  if (!member.empty()) message.append(", member \"").append(member).append("\"");
  return corrupt(std::move(message));
}

struct Commitment {
  std::string_view field;  // escaped
  Digest digest{};
};

bool read_commitments(CanonicalReader& in, std::vector<Commitment>* out) {
  return in.members([&](std::string_view field) {
    Commitment commitment{field};
    std::string_view digits;
    if (!in.string(digits) || !read_hex(digits, commitment.digest)) return false;
    if (out != nullptr) out->push_back(commitment);
    return true;
  });
}

/// Room for as much as compose() writes, or a little less where something is escaped: a row stays for a
/// while, or for good, and is not to be moved into less room than it grew into.
void reserve(Row& row, const Entry& entry) {
  constexpr std::string_view frame =
      R"({"facts":,"prev_hash":"","row_id":,"timestamp":"2026-01-01T00:00:00.000Z","type":"","v":1})";
  constexpr std::string_view opening = R"(,"":{"salt":"","value":})";
  std::string row_id;
  json::append_number(row_id, row.row_id);
  std::size_t text =
      frame.size() + 2 * sizeof(Digest) + row_id.size() + entry.facts.size() + entry.type.size();
  std::size_t openings = entry.redactable.empty() ? 0 : 1;
  if (!entry.agent_id.empty()) text += std::string_view(R"("agent_id":"",)").size() + entry.agent_id.size();
  if (!entry.redactable.empty()) text += std::string_view(R"("commitments":},)").size();
  for (const auto& [field, value] : entry.redactable) {
    text += std::string_view(R"(,"":"")").size() + field.size() + 2 * sizeof(Digest);
    openings += opening.size() + field.size() + 2 * salt_bytes + value.size();
  }
  row.text.reserve(text);
  row.openings.reserve(openings);
}

}  // namespace

// The names stand in the order of RFC 8785, 3.2.3, which for ASCII is that of the bytes.
Row compose(const Entry& entry, std::uint64_t row_id, const Digest& prev_hash, Entropy& entropy) {
  assert(!entry.type.empty());
  Row row;
  row.row_id = row_id;
  std::string& text = row.text;
  reserve(row, entry);
  text += '{';
  if (!entry.agent_id.empty()) {
    text += "\"agent_id\":";
    json::append_string(text, entry.agent_id);
    text += ',';
  }
  if (!entry.redactable.empty()) {
    text += "\"commitments\":";
    char before = '{';
    std::string_view previous;
    for (const auto& [field, value] : entry.redactable) {
      // INVARIANT: fields ascend, else the row would not be canonical.
      assert(before == '{' || json::less_utf16(previous, field));
      previous = field;
      std::array<std::uint8_t, salt_bytes> salt;
      entropy.fill(salt);
      text += before;
      json::append_string(text, field);
      text += ':';
      append_quoted_hex(text, commit(salt, value));
      row.openings += before;
      json::append_string(row.openings, field);
      row.openings += ":{\"salt\":";
      append_quoted_hex(row.openings, salt);
      row.openings.append(",\"value\":").append(value).append("}");
      before = ',';
    }
    text += "},";
    row.openings += '}';
  }
  text.append("\"facts\":").append(entry.facts).append(",\"prev_hash\":");
  append_quoted_hex(text, prev_hash);
  text += ",\"row_id\":";
  json::append_number(text, row_id);
  text.append(",\"timestamp\":\"").append(format_rfc3339(entry.wall_ms)).append("\",\"type\":");
  json::append_string(text, entry.type);
  text += ",\"v\":1}";
  return row;
}

namespace {

/// `read_facts` consumes the facts.
template <typename ReadFacts>
Result<RowFrame> read_frame_with(std::string_view text, const ReadFacts& read_facts) {
  if (text.size() > row_limits.bytes_max)
    return corrupt("the row has " + std::to_string(text.size()) + " bytes");
  CanonicalReader in(text, row_limits.depth_max - 1);  // The row itself is a level.
  RowFrame frame;
  std::string_view shown;
  std::string_view member;
  // Canonical form leaves each row one spelling, so its own names are literals here. Every step leaves
  // `member` at its name.
  const auto step = [&](std::string_view name, std::string_view literal) {
    member = name;
    return in.take(literal);
  };
  const auto agent_and_commitments = [&] {
    if (step("agent_id", "{\"agent_id\":")) {
      if (!in.string(frame.agent_id) || frame.agent_id.empty() || !in.take(",")) return false;
    } else if (!in.take("{")) {
      return false;
    }
    if (!step("commitments", "\"commitments\":")) return true;
    const std::size_t start = in.position();
    if (!read_commitments(in, nullptr)) return false;
    frame.commitments = in.since(start);
    return frame.commitments != "{}" && in.take(",");
  };
  const auto facts = [&] {
    if (!step("facts", "\"facts\":")) return false;
    const std::size_t start = in.position();
    if (!read_facts(in)) return false;
    frame.facts = in.since(start);
    return true;
  };
  const auto prev_hash = [&] {
    return step("prev_hash", ",\"prev_hash\":") && in.string(shown) && read_hex(shown, frame.prev_hash);
  };
  const auto row_id = [&] { return step("row_id", ",\"row_id\":") && in.number(frame.row_id); };
  const auto timestamp = [&] {
    if (!step("timestamp", ",\"timestamp\":") || !in.string(shown)) return false;
    const std::optional<Millis> wall_ms = read_timestamp(shown);
    frame.wall_ms = wall_ms.value_or(0);
    return wall_ms.has_value();
  };
  const auto type = [&] {
    return step("type", ",\"type\":") && in.string(frame.type) && !frame.type.empty();
  };
  const auto version = [&] { return step("v", ",\"v\":1}") && in.at_end(); };
  const bool read =
      agent_and_commitments() && facts() && prev_hash() && row_id() && timestamp() && type() && version();
  if (!read) return corrupt_at("the row", in, member);
  return frame;
}

}  // namespace

Result<RowFrame> read_frame(std::string_view text) {
  return read_frame_with(
      text, [](CanonicalReader& in) { return in.members([&in](std::string_view) { return in.value(); }); });
}

Result<RowFrame> read_frame(std::string_view text, std::vector<CanonicalMember>& facts) {
  return read_frame_with(text, [&facts](CanonicalReader& in) {
    return in.whole_members([&](std::string_view name, std::string_view value) {
      facts.emplace_back(name, CanonicalValue(value));
    });
  });
}

std::string_view agent_of(std::string_view text) {
  CanonicalReader in(text, 0);
  std::string_view agent_id;
  const bool found = in.take("{\"agent_id\":") && in.string(agent_id);
  return found ? agent_id : std::string_view();
}

Result<DecodedRow> decode(std::string_view text) {
  const Result<RowFrame> frame = read_frame(text);
  if (!frame) return frame.error();
  Result<json::Document> parsed = json::parse(text, row_limits);
  if (!parsed) return corrupt("the row cannot be read: " + parsed.error().message);
  DecodedRow row;
  row.document = std::move(parsed).value();
  const json::Value root = row.document.root();
  row.row_id = frame->row_id;
  row.type = root["type"].string();
  row.agent_id = root["agent_id"].string();
  row.wall_ms = frame->wall_ms;
  row.facts = root["facts"];
  row.commitments = root["commitments"];
  row.prev_hash = frame->prev_hash;
  return row;
}

namespace {

/// Hands over each opening; `take` is false where it is not what the row commits to.
template <typename Take>
Status walk_openings(std::string_view commitments, std::string_view openings, const Take& take) {
  if (openings.empty()) return Unit{};
  if (openings.size() > row_limits.bytes_max) return corrupt("the openings are too large");
  std::vector<Commitment> committed;
  CanonicalReader in_commitments(commitments, 1);
  if (!commitments.empty() && !(read_commitments(in_commitments, &committed) && in_commitments.at_end())) {
    return corrupt("the commitments cannot be read");
  }
  CanonicalReader in(openings, row_limits.depth_max);
  auto next = committed.cbegin();
  std::string wrong;
  const bool read = in.members([&](std::string_view field) {
    // Both lists ascend, so one walk along the commitments meets every opening.
    while (next != committed.cend() && next->field != field) ++next;
    if (next == committed.cend()) {
      wrong.append("an opening of \"").append(field).append("\" has no commitment in the row");
      return false;
    }
    OpenedField opened{.field = field, .commitment = next++->digest};
    std::string_view digits;
    if (!in.take("{\"salt\":") || !in.string(digits) || !read_hex(digits, opened.salt) ||
        !in.take(",\"value\":"))
      return false;
    const std::size_t start = in.position();
    if (!in.value()) return false;
    opened.value = in.since(start);
    if (!take(opened)) {
      wrong.append("the opening of \"").append(field).append("\" is not what the row commits to");
      return false;
    }
    return in.take("}");
  });
  if (!wrong.empty()) return corrupt(std::move(wrong));
  if (!read || !in.at_end()) return corrupt_at("the openings text", in, {});
  return Unit{};
}

}  // namespace

Status read_openings(std::string_view commitments, std::string_view openings, std::vector<OpenedField>& out) {
  return walk_openings(commitments, openings, [&](const OpenedField& each) {
    out.push_back(each);
    return true;
  });
}

Status check_openings(std::string_view commitments, std::string_view openings) {
  return walk_openings(commitments, openings, [](const OpenedField& each) {
    return commit(each.salt, each.value) == each.commitment;
  });
}

Digest chain_hash(const Digest& prev_hash, const Digest& leaf_hash) {
  return Sha256().update(prev_hash).update(leaf_hash).finish();
}

}  // namespace al::audit
