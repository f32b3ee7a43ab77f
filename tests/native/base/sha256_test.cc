#include "base/sha256.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/sha256_batch.h"
#include "base/vectors.h"

namespace al {

TEST_CASE("SHA-256 gives the digests that FIPS 180-4 and NIST published", "[base][sha256]") {
  const json::Document vectors = vectors::read("sha256.json");
  for (const json::Value item : vectors.root()["messages"].items()) {
    CAPTURE(item["name"].string());
    CHECK(to_hex(sha256(item["text"].string())) == item["digest"].string());
    const std::vector<Message> copies(4, Message{item["text"].string(), {}});
    std::vector<Digest> digests(copies.size());
    sha256_batch(copies, digests);
    for (const Digest& digest : digests) CHECK(to_hex(digest) == item["digest"].string());
  }
  for (const json::Value item : vectors.root()["repeated"].items()) {
    CAPTURE(item["name"].string());
    Sha256 hash;
    for (std::int64_t i = 0; i < *item["count"].as_int64(); ++i) hash.update(item["unit"].string());
    CHECK(to_hex(hash.finish()) == item["digest"].string());
  }
}

namespace {

std::string pattern(std::uint64_t length) {
  std::string message;
  for (std::uint64_t i = 0; i < length; ++i) message += static_cast<char>((i * 7 + length) & 255);
  return message;
}

}  // namespace

TEST_CASE("SHA-256 pads rightly around each block border", "[base][sha256]") {
  const json::Document vectors = vectors::read("sha256.json");
  for (const json::Value pair : vectors.root()["lengths"].items()) {
    auto at = pair.items().begin();
    const std::uint64_t length = *(*at).as_uint64();
    CAPTURE(length);
    CHECK(to_hex(sha256(pattern(length))) == (*++at).string());
  }
}

TEST_CASE("SHA-256 does not depend on how a message is cut", "[base][sha256]") {
  const std::string message = pattern(200);
  const Digest whole = sha256(message);
  for (std::size_t first = 0; first <= message.size(); ++first) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}}) {
      Sha256 hash;
      hash.update(std::string_view(message).substr(0, first)).update(std::string_view());
      for (std::size_t at = first; at < message.size(); at += step)
        hash.update(std::string_view(message).substr(at, step));
      if (hash.finish() != whole) FAIL("cut at " << first << ", then by " << step);
    }
  }
}

TEST_CASE("Many messages at once have the digests that each has alone", "[base][sha256]") {
  // Each length around the borders of two blocks, and each place where a message may be cut in two; the lanes
  // hold messages of different lengths, and become free at different times.
  std::vector<std::string> texts;
  for (std::size_t length = 0; length < 140; ++length) texts.push_back(pattern(length));
  texts.push_back(pattern(100'000));
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{63},
                                std::size_t{64}, std::size_t{65}, std::size_t{1000}}) {
    std::vector<Message> messages;
    for (const std::string& text : texts) {
      const std::string_view whole = text;
      const std::size_t at = std::min(cut, whole.size());
      messages.push_back({whole.substr(0, at), whole.substr(at)});
    }
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{5}, messages.size()}) {
      std::vector<Digest> digests(count);
      sha256_batch(std::span(messages).last(count), digests);
      for (std::size_t i = 0; i < count; ++i) {
        const std::string& text = texts[texts.size() - count + i];
        if (digests[i] != sha256(text))
          FAIL(text.size() << " bytes, cut at " << cut << ", " << count << " at once");
      }
    }
  }
}

TEST_CASE("Digests are compared whole", "[base][sha256]") {
  const Digest a = sha256("a");
  CHECK(equal_constant_time(a, a));
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Digest b = a;
    b[bit / 8] = static_cast<std::uint8_t>(b[bit / 8] ^ (1U << (bit % 8)));
    if (equal_constant_time(a, b)) FAIL("bit " << bit);
  }
}

}  // namespace al
