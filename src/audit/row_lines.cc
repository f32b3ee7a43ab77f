#include "audit/row_lines.h"

#include <cstddef>

#include "base/simd.h"

namespace al::audit {
namespace {

constexpr std::string_view no_openings = "{}";

/// Where the first line ends, or the size.
std::size_t find_end(std::string_view lines) {
  std::size_t at = 0;
#if AL_SIMD
  while (lines.size() - at >= sizeof(Octets) && !any(load_octets(lines.data() + at) == '\n'))
    at += sizeof(Octets);
#endif
  while (at < lines.size() && lines[at] != '\n') ++at;
  return at;
}

/// The next line, without its end; nothing where it has none.
std::optional<std::string_view> take_line(std::string_view& lines) {
  const std::size_t end = find_end(lines);
  if (end == lines.size()) return {};
  const std::string_view line = lines.substr(0, end);
  lines.remove_prefix(end + 1);
  return line;
}

}  // namespace

void append_lines(std::string& out, std::string_view text, std::string_view openings) {
  out.append(text).append("\n").append(openings.empty() ? no_openings : openings).append("\n");
}

std::optional<std::vector<RowView>> read_lines(std::string_view lines) {
  std::vector<RowView> rows;
  while (!lines.empty()) {
    const std::optional<std::string_view> text = take_line(lines);
    const std::optional<std::string_view> openings = text ? take_line(lines) : text;
    if (!openings) return {};
    rows.push_back({*text, *openings == no_openings ? std::string_view() : *openings});
  }
  return rows;
}

}  // namespace al::audit
