// Values as bytes, and back: for what one version of this program writes for itself. A class names its fields
// once, in a member that serves both directions:
//
//   template <typename Archive>
//   void archive(Archive& fields) { fields(count_, name_); }
//
// One whose fields do not say all (an index, say) asks Archive::reads which direction it is. Numbers are
// little-endian in their own width, everything that has a length begins with it, in 8 bytes. The reader is
// given whatever bytes there are: it never reads beyond them, and what is not there stays as it was.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace al {

/// An enum in an archive; one beyond `last` is not sound.
template <typename Enum>
struct EnumField {
  Enum& value;
  Enum last;
};
template <typename Enum>
EnumField<Enum> enumeration(Enum& value, Enum last) {
  return {value, last};
}

namespace internal {

static_assert(std::endian::native == std::endian::little);

template <typename T, typename Archive>
concept Archivable = requires(T value, Archive& archive) { value.archive(archive); };
template <typename T>
concept Number = std::is_integral_v<T>;
template <typename T>
concept Map = requires { typename T::mapped_type; };

}  // namespace internal

class ArchiveWriter {
 public:
  static constexpr bool reads = false;
  explicit ArchiveWriter(std::string& out) : out_(out) {}

  template <typename... Fields>
  void operator()(const Fields&... fields) {
    (write(fields), ...);
  }

 private:
  template <internal::Number T>
  void write(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <typename Enum>
  void write(const EnumField<Enum>& field) {
    write(static_cast<std::uint8_t>(field.value));
  }
  void write(const std::string& text) {
    write(std::uint64_t{text.size()});
    out_.append(text);
  }
  template <typename T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <std::size_t Size>
  void write(const std::array<std::uint8_t, Size>& bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), Size);
  }
  template <typename T, std::size_t Size>
  void write(const std::array<T, Size>& values) {
    for (const T& each : values) write(each);
  }
  template <typename First, typename Second>
  void write(const std::pair<First, Second>& value) {
    write(value.first);
    write(value.second);
  }
  template <typename T>
  void write(const T& value) {
    if constexpr (internal::Archivable<T, ArchiveWriter>) {
      const_cast<T&>(value).archive(*this);  // Which only reads it, in this direction.
    } else {
      write(std::uint64_t{value.size()});
      for (const auto& each : value) write(each);
    }
  }

  std::string& out_;
};

class ArchiveReader {
 public:
  static constexpr bool reads = true;
  explicit ArchiveReader(std::string_view bytes) : left_(bytes) {}

  template <typename... Fields>
  void operator()(Fields&&... fields) {
    (read(fields), ...);
  }
  /// For what makes no sense, though it could be read.
  void fail() { sound_ = false; }
  /// So far.
  [[nodiscard]] bool sound() const { return sound_; }
  /// Nothing is left, either.
  [[nodiscard]] bool complete() const { return sound_ && left_.empty(); }

 private:
  template <internal::Number T>
  void read(T& value) {
    if (sound_ && left_.size() >= sizeof value) {
      std::memcpy(&value, left_.data(), sizeof value);
      left_.remove_prefix(sizeof value);
    } else {
      fail();
    }
  }
  void read(bool& value) {
    std::uint8_t byte = 0;
    read(byte);
    if (byte > 1) fail();
    value = byte == 1;
  }
  template <typename Enum>
  void read(EnumField<Enum>& field) {
    std::uint8_t value = 0;
    read(value);
    if (value <= static_cast<std::uint8_t>(field.last)) {
      field.value = static_cast<Enum>(value);
    } else {
      fail();
    }
  }
  /// A number of elements, each of which takes a byte at least.
  std::size_t length() {
    std::uint64_t size = 0;
    read(size);
    if (size <= left_.size() && sound_) return static_cast<std::size_t>(size);
    fail();
    return 0;
  }
  void read(std::string& text) {
    const std::size_t size = length();
    text.assign(left_.substr(0, size));
    left_.remove_prefix(size);
  }
  template <typename T>
  void read(std::optional<T>& value) {
    bool present = false;
    read(present);
    value.reset();
    if (present) read(value.emplace());
  }
  template <std::size_t Size>
  void read(std::array<std::uint8_t, Size>& bytes) {
    if (left_.size() < Size) return fail();
    std::memcpy(bytes.data(), left_.data(), Size);
    left_.remove_prefix(Size);
  }
  template <typename T, std::size_t Size>
  void read(std::array<T, Size>& values) {
    for (T& each : values) read(each);
  }
  template <typename First, typename Second>
  void read(std::pair<First, Second>& value) {
    read(value.first);
    read(value.second);
  }
  template <typename T>
  void read(T& value) {
    if constexpr (internal::Archivable<T, ArchiveReader>) {
      value.archive(*this);
    } else {
      value.clear();
      for (std::size_t left = length(); left > 0 && sound_; --left) read_element(value);
    }
  }
  template <internal::Map T>
  void read_element(T& map) {
    std::pair<typename T::key_type, typename T::mapped_type> each;
    read(each.first);
    read(each.second);
    map.insert(std::move(each));
  }
  template <typename T>
  void read_element(T& list) {
    read(list.emplace_back());
  }

  std::string_view left_;
  bool sound_ = true;
};

}  // namespace al
