#include "base/sha256.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>

#include "base/vectors.h"

namespace al {

TEST_CASE("SHA-256 gives the digests that FIPS 180-4 and NIST published", "[base][sha256]") {
  const json::Document vectors = vectors::read("sha256.json");
  for (const json::Value item : vectors.root()["messages"].items()) {
    CAPTURE(item["name"].string());
    CHECK(to_hex(sha256(item["text"].string())) == item["digest"].string());
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
