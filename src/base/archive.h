// Values as bytes, and back: for what one version of this program writes for itself. A class names its fields
// once, in a member that serves both directions:
//
//   template <typename Archive>
//   void archive(Archive& fields) { fields(count_, name_); }
//
// One whose fields do not say all (an index, say) asks Archive::reads which direction it is. Numbers are
// little-endian in their own width, everything that has a length begins with it, in 8 bytes. The reader is
// given whatever bytes there are: it never reads beyond them, and what is not there stays as it was. Signed
// 64 bits are times and counts, which never pass 2^53 either way: such a one is refused, so that sums of a
// few stay within 64.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
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
  void put(const void* from, std::size_t bytes);

  template <internal::Number T>
  void write(const T& value) {
    put(&value, sizeof value);
  }
  template <typename Enum>
  void write(const EnumField<Enum>& field) {
    write(static_cast<std::uint8_t>(field.value));
  }
  void write(const std::string& text);
  template <typename T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <std::size_t Size>
  void write(const std::array<std::uint8_t, Size>& bytes) {
    put(bytes.data(), Size);
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
  /// A number of elements, each of which takes so many bytes at least: no more than are left can hold.
  [[nodiscard]] std::size_t length(std::size_t element_bytes_min = 1);
  /// Nothing is left, either.
  [[nodiscard]] bool complete() const { return sound_ && left_.empty(); }

 private:
  // Not templates, and not here: every field of every class comes through these.
  void take(void* to, std::size_t bytes);
  [[nodiscard]] std::uint8_t take_byte(std::uint8_t last);
  template <internal::Number T>
  void read(T& value) {
    take(&value, sizeof value);
  }
  void read(std::int64_t& value);
  void read(bool& value) { value = take_byte(1) == 1; }
  template <typename Enum>
  void read(EnumField<Enum>& field) {
    field.value = static_cast<Enum>(take_byte(static_cast<std::uint8_t>(field.last)));
  }
  void read(std::string& text);
  template <typename T>
  void read(std::optional<T>& value) {
    bool present = false;
    read(present);
    value.reset();
    if (present) read(value.emplace());
  }
  template <std::size_t Size>
  void read(std::array<std::uint8_t, Size>& bytes) {
    take(bytes.data(), Size);
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
    typename T::key_type key{};
    typename T::mapped_type value{};
    read(key);
    read(value);
    map.emplace(std::move(key), std::move(value));
  }
  template <typename T>
  void read_element(T& list) {
    read(list.emplace_back());
  }

  std::string_view left_;
  bool sound_ = true;
};

}  // namespace al
