#include "base/archive.h"

#include <cstring>

namespace al {

void ArchiveWriter::put(const void* from, std::size_t bytes) {
  out_.append(static_cast<const char*>(from), bytes);
}

void ArchiveWriter::write(const std::string& text) {
  write(std::uint64_t{text.size()});
  put(text.data(), text.size());
}

void ArchiveReader::take(void* to, std::size_t bytes) {
  if (!sound_ || left_.size() < bytes) return fail();
  std::memcpy(to, left_.data(), bytes);
  left_.remove_prefix(bytes);
}

void ArchiveReader::read(std::int64_t& value) {
  constexpr std::int64_t max = std::int64_t{1} << 53;
  take(&value, sizeof value);
  if (value <= max && value >= -max) return;
  value = 0;
  fail();
}

std::uint8_t ArchiveReader::take_byte(std::uint8_t last) {
  std::uint8_t value = 0;
  take(&value, 1);
  if (value <= last) return value;
  fail();
  return 0;
}

std::size_t ArchiveReader::length(std::size_t element_bytes_min) {
  std::uint64_t size = 0;
  take(&size, sizeof size);
  if (sound_ && size <= left_.size() / element_bytes_min) return static_cast<std::size_t>(size);
  fail();
  return 0;
}

void ArchiveReader::read(std::string& text) {
  const std::size_t size = length();
  text.assign(left_.substr(0, size));
  left_.remove_prefix(size);
}

}  // namespace al
