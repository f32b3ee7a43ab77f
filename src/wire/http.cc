#include "wire/http.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "wire/codes.h"

namespace al::wire {

namespace {
constexpr std::array<std::string_view, 4> method_texts{"GET", "POST", "PUT", "DELETE"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::string_view text(Method method) { return method_texts[static_cast<std::size_t>(method)]; }

std::optional<Method> parse_method(std::string_view text) {
  for (std::size_t i = 0; i < method_texts.size(); ++i) {
    if (method_texts[i] == text) return static_cast<Method>(i);
  }
  return {};
}

Result<Request> read_request(std::string_view method, std::string target, std::string_view headers,
                             std::string body) {
  const std::optional<Method> known = parse_method(method);
  if (!known) return Error{Code::method_not_allowed, "the API takes GET, POST, PUT and DELETE"};
  Request request{.method = *known, .target = std::move(target), .body = std::move(body)};
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find('\n'), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 1, headers.size()));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    // RFC 9110, 11.1: the scheme's case does not matter.
    constexpr std::string_view scheme = "bearer ";
    if (name == header::authorization && value.size() > scheme.size() &&
        lower(value.substr(0, scheme.size())) == scheme) {
      request.api_key = value.substr(scheme.size());
    } else if (name == header::content_type) {
      request.content_type = value;
    } else if (name == header::event_id) {
      request.event_id = value;
    } else if (name == header::delegation_id) {
      request.delegation_id = value;
    }
  }
  return request;
}

Response error_response(const Error& error) {
  Response response{.status = traits(error.code).http_status};
  json::Writer writer(response.body);
  writer.begin_object().key("error").begin_object();
  writer.field("code", text(error.code)).field("message", error.message);
  if (!error.details.empty()) writer.raw_field("details", error.details);
  writer.end_object().end_object();
  return response;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex_digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const int high = digit(text[i + 1]);
    const int low = digit(text[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace al::wire
