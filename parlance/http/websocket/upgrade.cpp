#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <expected>
#include <optional>
#include <stdexcept>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/http/websocket/upgrade.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view known_version = "13";  // of the protocol, RFC 6455 4.1

std::unexpected<protocol_error> refuse(unsigned status, std::string text) {
  return std::unexpected(protocol_error{status, std::move(text)});
}

bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/// 16 bytes in base64: 22 characters and the padding.
bool is_key(std::string_view key) noexcept {
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), is_base64);
}

/// RFC 9110 7.8: an Upgrade counts in HTTP/1.1 only, and when Connection names it.
std::expected<void, protocol_error> check_request(const request_head& head) {
  if (head.method != "GET") return refuse(405, "a WebSocket is opened with GET");
  if (head.version != version::http_1_1 || !asks_for_websocket(head) ||
      !head.fields.has_token("Connection", "upgrade"))
    return refuse(
        426, "this is for WebSocket: a request of HTTP/1.1 with Connection: Upgrade and Upgrade: websocket");
  const auto framing = frame_request(head);
  if (!framing) return std::unexpected(framing.error());
  // Whoever read it as a body would read frames elsewhere than we do.
  if (framing->kind == body_kind::chunked || framing->length != 0)
    return refuse(400, "a request for a WebSocket has no body");
  return {};
}

std::expected<void, protocol_error> check_handshake(const field_list& fields) {
  if (fields.count("Sec-WebSocket-Version") != 1)
    return refuse(400, "there is not one Sec-WebSocket-Version");
  if (fields.get("Sec-WebSocket-Version") != known_version)
    return refuse(426, fmt::format("the version of WebSocket is not {}", known_version));
  if (fields.count("Sec-WebSocket-Key") != 1) return refuse(400, "there is not one Sec-WebSocket-Key");
  if (!is_key(*fields.get("Sec-WebSocket-Key")))
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  return {};
}

/// The host of what a browser calls an origin (RFC 6454, section 6.2): scheme, host and port, and nothing
/// else.
std::optional<std::string> host_of_origin(std::string_view origin) {
  const std::size_t start = origin.find("://");
  if (start == std::string_view::npos || origin.find_first_of("/?#@\\", start + 3) != std::string_view::npos)
    return {};
  const auto page = url::parse(origin);
  return page ? std::optional(page->host()) : std::nullopt;
}

/// A host as a URL has it that is always this machine (RFC 6761, section 6.3).
bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

/// Of a URL, too.
bool is_address(const std::string& host) {
  in_addr ignored;
  return host.starts_with('[') || ::inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

bool comes_from_the_host(std::string_view origin, const field_list& fields, const upgrade_rules& rules) {
  if (fields.count("Host") != 1) return false;
  const auto from = host_of_origin(origin);
  const auto asked = url::parse(fmt::format("http://{}/", *fields.get("Host")));
  if (!from || !asked) return false;
  const std::string& host = asked->host();
  if (is_loopback(*from) && is_loopback(host)) return true;
  return *from == host && (!rules.takes_host || is_address(host) || rules.takes_host(host));
}

std::expected<void, protocol_error> check_origin(const field_list& fields, const upgrade_rules& rules) {
  if (fields.count("Origin") > 1) return refuse(400, "there is more than one Origin");
  const auto origin = fields.get("Origin");
  if (!origin) return {};
  const bool known = rules.origins.empty() ? comes_from_the_host(*origin, fields, rules)
                                           : std::ranges::any_of(rules.origins, [&](const std::string& one) {
                                               return one == "*" || equals_ignoring_case(one, *origin);
                                             });
  if (!known)
    return refuse(403, fmt::format("pages from {} may not connect here{}{}", in_quotes(*origin),
                                   rules.advice.empty() ? "" : ": ", rules.advice));
  return {};
}

/// The first offer that is known; names of subprotocols are compared as they are (RFC 6455 4.2.2).
std::expected<std::string, protocol_error> choose(const field_list& fields, const upgrade_rules& rules) {
  const std::string offered = fields.combined("Sec-WebSocket-Protocol");
  std::string chosen;
  for (std::string_view rest = offered; const auto offer = next_element(rest);) {
    if (!is_token(*offer)) return refuse(400, "Sec-WebSocket-Protocol is not a list of names");
    if (chosen.empty() && std::ranges::find(rules.subprotocols, *offer) != rules.subprotocols.end())
      chosen = *offer;
  }
  return chosen;
}

}  // namespace

bool asks_for_websocket(const request_head& head) noexcept {
  return head.fields.has_token("Upgrade", "websocket");
}

std::string accept_of(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("OpenSSL has no SHA-1, which WebSocket's handshake needs");
  std::string encoded(4 * ((size + 2) / 3) + 1, '\0');  // and its NUL
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), digest.data(), int(size));
  encoded.resize(static_cast<std::size_t>(written));
  return encoded;
}

std::expected<std::string, protocol_error> judge_upgrade(const request_head& head,
                                                         const upgrade_rules& rules) {
  if (const auto fine = check_request(head); !fine) return std::unexpected(fine.error());
  if (const auto fine = check_handshake(head.fields); !fine) return std::unexpected(fine.error());
  if (const auto fine = check_origin(head.fields, rules); !fine) return std::unexpected(fine.error());
  return choose(head.fields, rules);
}

field_list upgrade_fields(const request_head& head, std::string_view subprotocol) {
  field_list fields;
  fields.append("Upgrade", "websocket");
  fields.append("Connection", "Upgrade");
  fields.append("Sec-WebSocket-Accept", accept_of(head.fields.get("Sec-WebSocket-Key").value_or("")));
  if (!subprotocol.empty()) fields.append("Sec-WebSocket-Protocol", subprotocol);
  return fields;
}

field_list upgrade_refusal_fields(unsigned status) {
  field_list fields;
  if (status == 405) fields.append("Allow", "GET");
  if (status == 426) {
    fields.append("Upgrade", "websocket");
    fields.append("Connection", "Upgrade");  // beside the `close` that follows
    fields.append("Sec-WebSocket-Version", known_version);
  }
  return fields;
}

}  // namespace parlance::http
