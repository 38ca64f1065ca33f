#include <algorithm>
#include <array>
#include <cstdint>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/client_head.hpp>
#include <parlance/http/message/content_coding.hpp>

namespace parlance::http {
namespace {

bool is_ours(std::string_view name) noexcept {
  constexpr std::array ours = {"Host", "Content-Length", "Transfer-Encoding", "Connection"};
  return std::ranges::any_of(ours, [&](const char* one) { return equals_ignoring_case(name, one); });
}

}  // namespace

bool request::omits(std::string_view name) const noexcept {
  return std::ranges::any_of(omitted,
                             [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

bool is_idempotent(std::string_view method) noexcept {
  constexpr std::array<std::string_view, 6> methods = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::ranges::find(methods, method) != methods.end();
}

std::optional<std::uint64_t> length_to_tell(const request& what, const body_source* body) {
  if (body) return body->length();
  if (what.method == "POST" || what.method == "PUT" || what.method == "PATCH") return 0;
  return std::nullopt;
}

request_head client_head(const request& what, bool decode, std::optional<std::uint64_t> length,
                         const field_list& added) {
  request_head head{.method = what.method,
                    .target = what.request_target.empty() ? what.target.target() : what.request_target};
  head.fields.append("Host", what.fields.get("Host").value_or(what.target.authority()));
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (!what.omits(name) && !what.fields.contains(name) && !added.contains(name))
      head.fields.append(name, value);
  };
  for (const field f : added)
    if (!is_ours(f.name) && !what.omits(f.name) && !what.fields.contains(f.name))
      head.fields.append(f.name, f.value);
  add_default("User-Agent", "parlance");
  add_default("Accept", "*/*");
  // Part of what is coded could not be decoded.
  if (decode && !what.fields.contains("Range")) add_default("Accept-Encoding", accept_encoding);
  for (const field f : what.fields)
    if (!is_ours(f.name)) head.fields.append(f.name, f.value);
  if (!what.body.media_type().empty()) add_default("Content-Type", what.body.media_type());
  if (length) head.fields.append("Content-Length", std::to_string(*length));
  return head;
}

}  // namespace parlance::http
