#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/secret_fields.hpp>
#include <parlance/http/http2/http2_fields.hpp>

namespace parlance::http {
namespace {

/// nghttp2 reads it, and copies it.
std::uint8_t* bytes_of(std::string_view text) noexcept {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
}

bool is_printable(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// What tells who one is is not to be guessed from how well it compresses, here or at a proxy (RFC 7541 7.1.3).
/// `name`: in small letters. Those that most messages have are told from the others first, at less cost.
std::uint8_t flags_of(std::string_view name) {
  constexpr std::array<std::string_view, 8> usual = {
      "accept", "accept-encoding", "content-length", "content-type", "date",
      "etag",   "last-modified",   "user-agent"};
  if (std::ranges::find(usual, name) != usual.end()) return NGHTTP2_NV_FLAG_NONE;
  return tells_secret(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
}

}  // namespace

bool is_of_connection(const field_list& of, std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 6> always = {
      "Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"};
  if (std::ranges::any_of(always, [&](std::string_view each) { return equals_ignoring_case(name, each); }))
    return true;
  if (equals_ignoring_case(name, "TE") && !equals_ignoring_case(value, "trailers")) return true;
  return of.has_token("Connection", name);
}

http2_fields::http2_fields(const request_head& head, std::string_view scheme) {
  if (!is_token(head.method) || !is_printable(head.target))
    throw std::invalid_argument(
        fmt::format("a request cannot be for {} {}", in_quotes(head.method), in_quotes(head.target)));
  kept_.reserve(head.fields.size());
  add(":method", head.method);
  add(":scheme", scheme);
  if (const auto host = head.fields.get("Host")) add(":authority", *host);
  add(":path", head.target);
  add(head.fields);
}

http2_fields::http2_fields(const response_head& head) {
  kept_.reserve(head.fields.size() + 1);
  add(":status", kept_.emplace_back(std::to_string(head.status)));
  add(head.fields);
}

http2_fields::http2_fields(const field_list& trailers) {
  kept_.reserve(trailers.size());
  add(trailers);
}

void http2_fields::add(std::string_view name, std::string_view value, std::uint8_t flags) {
  all_.push_back({.name = bytes_of(name),
                  .value = bytes_of(value),
                  .namelen = name.size(),
                  .valuelen = value.size(),
                  .flags = flags});
}

void http2_fields::add(const field_list& from) {
  for (const field each : from) {
    if (equals_ignoring_case(each.name, "Host") || is_of_connection(from, each.name, each.value)) continue;
    const std::string_view name = kept_.emplace_back(lower(each.name));
    add(name, each.value, flags_of(name));
  }
}

}  // namespace parlance::http
