#include <algorithm>
#include <array>
#include <cstdint>

#include <parlance/http/client_head.hpp>
#include <parlance/http/content_coding.hpp>
#include <parlance/http/grammar.hpp>
#include <parlance/http/percent.hpp>

namespace parlance::http {
namespace {

/// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= bytes.size() ? digits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

bool is_ours(std::string_view name) noexcept {
  constexpr std::array ours = {"Host", "Content-Length", "Transfer-Encoding", "Connection"};
  return std::ranges::any_of(ours, [&](const char* one) { return equals_ignoring_case(name, one); });
}

}  // namespace

std::optional<std::uint64_t> length_to_tell(const request& what, const body_source* body) {
  if (body) return body->length();
  if (what.method == "POST" || what.method == "PUT" || what.method == "PATCH") return 0;
  return std::nullopt;
}

request_head client_head(const request& what, bool decode, std::optional<std::uint64_t> length) {
  request_head head{.method = what.method, .target = what.target.target()};
  head.fields.append("Host", what.fields.get("Host").value_or(what.target.authority()));
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (!what.fields.contains(name)) head.fields.append(name, value);
  };
  add_default("User-Agent", "parlance");
  add_default("Accept", "*/*");
  // Part of what is coded could not be decoded.
  if (decode && !what.fields.contains("Range")) add_default("Accept-Encoding", accept_encoding);
  if (what.target.has_credentials())
    add_default("Authorization", "Basic " + base64(percent_decode(what.target.username()) + ':' +
                                                   percent_decode(what.target.password())));
  for (const field f : what.fields)
    if (!is_ours(f.name)) head.fields.append(f.name, f.value);
  if (!what.body.media_type().empty()) add_default("Content-Type", what.body.media_type());
  if (length) head.fields.append("Content-Length", std::to_string(*length));
  return head;
}

}  // namespace parlance::http
