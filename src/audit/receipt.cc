#include "audit/receipt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "audit/authenticity.h"
#include "audit/canonical.h"
#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "audit/row.h"
#include "base/json.h"
#include "base/json_reader.h"

namespace al::audit {
namespace {

constexpr std::string_view proof_form = "c2sp.org/tlog-proof@v1\n";
/// A path is as long as the tree is high.
constexpr std::size_t path_max = 64;

Error malformed(std::string_view why) {
  return Error{Code::protocol_error, std::string("malformed proof: ").append(why)};
}

std::string row_name(std::uint64_t id) { return "row " + std::to_string(id); }

}  // namespace

std::string render_proof(std::uint64_t index, std::span<const Digest> path, std::string_view note) {
  std::string out(proof_form);
  out += "index ";
  json::append_number(out, index);
  out += '\n';
  for (const Digest& node : path) out.append(to_base64(node)).append("\n");
  return out.append("\n").append(note);
}

Result<Proof> parse_proof(std::string_view text) {
  if (!text.starts_with(proof_form)) return malformed("it does not begin with \"c2sp.org/tlog-proof@v1\"");
  std::string_view rest = text.substr(proof_form.size());
  const auto take_line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
  };
  Proof proof;
  std::optional<std::string_view> line = take_line();
  // "extra": what an application adds, and nobody vouches for.
  if (line && line->starts_with("extra ")) line = take_line();
  if (!line || !line->starts_with("index ")) return malformed("the line with the index is missing");
  CanonicalReader in_index(line->substr(6), 0);
  if (!in_index.number(proof.index) || !in_index.at_end())
    return malformed("the index is not a decimal number");
  for (line = take_line(); line && !line->empty(); line = take_line()) {
    const std::optional<Bytes> bytes = from_base64(*line);
    Digest node;
    if (!bytes || bytes->size() != node.size()) return malformed("a hash is not 32 bytes in base64");
    if (proof.path.size() == path_max) return malformed("it has too many hashes");
    std::copy(bytes->begin(), bytes->end(), node.begin());
    proof.path.push_back(node);
  }
  if (!line) return malformed("the empty line before the checkpoint is missing");
  proof.note = rest;
  return proof;
}

Finding check_receipt(const Receipt& receipt) {
  const Result<Proof> proof = parse_proof(receipt.proof);
  if (!proof) return {Damage::edited, 0, "the receipt was edited: " + proof.error().message};
  const std::uint64_t index = proof->index;
  const auto edited = [&](std::string message) { return Finding{Damage::edited, index, std::move(message)}; };
  const Result<Checkpoint> checkpoint = parse_note(proof->note);
  if (!checkpoint) return edited("the receipt was edited: " + checkpoint.error().message);
  const Result<RowFrame> frame = read_frame(receipt.row);
  if (!frame) return edited(row_name(index) + " was edited: " + frame.error().message);
  if (frame->row_id != index) {
    return edited("the receipt was edited: its proof is for " + row_name(index) + ", its row is " +
                  row_name(frame->row_id));
  }
  const Status opened = check_openings(frame->commitments, receipt.openings);
  if (!opened) return edited(row_name(index) + " was edited: " + opened.error().message);
  if (!verify_inclusion(leaf_hash(receipt.row), index, checkpoint->size, proof->path, checkpoint->root)) {
    return edited(row_name(index) +
                  ", the proof or the checkpoint was edited: the one does not lead to the other");
  }
  return {};
}

namespace {

void write_finding(json::Writer& writer, const Finding& finding) {
  writer.field("valid", finding.damage == Damage::none);
  writer.field("damage", text(finding.damage)).field("message", finding.message);
}

/// What a receipt says, which is worth something only where the verdict is good.
void write_contents(json::Writer& writer, const Receipt& receipt, const Checkpoint& checkpoint) {
  const Result<DecodedRow> row = decode(receipt.row);
  if (!row) return;
  writer.field("type", row->type).field("timestamp", format_rfc3339(row->wall_ms));
  writer.field_if("agent_id", row->agent_id).key("facts").value(row->facts);
  writer.key("opened").begin_object();
  const Result<json::Document> openings =
      json::parse(receipt.openings.empty() ? std::string_view("{}") : receipt.openings, row_limits);
  if (openings) {
    for (const auto& [field, opening] : openings->root().members()) writer.key(field).value(opening["value"]);
  }
  writer.end_object().field("size", checkpoint.size).field("origin", checkpoint.origin);
}

}  // namespace

Result<std::string> judge_receipt(std::string_view request) {
  const Result<json::Document> document =
      json::parse(request, {.bytes_max = 2 * row_limits.bytes_max + 2 * note_bytes_max, .depth_max = 8});
  if (!document)
    return Error{Code::invalid_argument, "the receipt cannot be read: " + document.error().message};
  const json::Value given = document->root()["receipt"];
  const Receipt receipt{given["row"].string(), given["openings"].string(), given["proof"].string()};
  const Result<std::vector<VerifierKey>> keys = read_verifier_keys(document->root()["verifier_keys"]);
  if (!keys) return keys.error();

  Finding finding = check_receipt(receipt);
  const Result<Proof> proof = parse_proof(receipt.proof);
  const std::uint64_t row_id = proof ? proof->index : 0;
  Authenticity signatures;
  if (finding.damage == Damage::none) {
    signatures = authenticity(proof->note, *keys);
    if (!signatures.problem.empty()) finding = {Damage::bad_signature, row_id, signatures.problem};
  }
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  write_finding(writer, finding);
  writer.field("row_id", row_id);
  if (finding.damage == Damage::none) {
    write_contents(writer, receipt, parse_note(proof->note).value());
    writer.key("check").begin_object();
    write_checks(writer, signatures);
    writer.key("otherwise").begin_object();
    write_finding(writer, {Damage::bad_signature, row_id, std::string(broken_signature)});
    writer.field("row_id", row_id).end_object().end_object();
  }
  writer.end_object();
  return out;
}

}  // namespace al::audit
