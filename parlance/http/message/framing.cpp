#include <fmt/format.h>

#include <optional>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/framing.hpp>

namespace parlance::http {
namespace {

std::unexpected<protocol_error> refuse(std::string text, unsigned status = 400) {
  return std::unexpected(protocol_error{status, std::move(text)});
}

/// The one length that all Content-Length lines and list elements agree on (RFC 9110 8.6), nothing if there
/// is none.
std::expected<std::optional<std::uint64_t>, protocol_error> content_length(const field_list& fields) {
  std::optional<std::uint64_t> length;
  for (const field each : fields) {
    if (!equals_ignoring_case(each.name, "Content-Length")) continue;
    auto rest = each.value;
    for (bool more = true; more;) {
      // Not `next_element`: a length with an empty element beside it is somebody's trick.
      const auto comma = rest.find(',');
      const auto value = parse_decimal(trim(rest.substr(0, comma)));
      if (!value) {
        return refuse(fmt::format("Content-Length is not a number that fits: {}", in_quotes(each.value)));
      }
      if (length && *length != *value) {
        return refuse(fmt::format("Content-Length is both {} and {}", *length, *value));
      }
      length = value;
      more = comma != rest.npos;
      if (more) rest.remove_prefix(comma + 1);
    }
  }
  return length;
}

/// Whether the body is chunked. Any other coding would leave its end or its content unknown: a server answers 400
/// where the last is not chunked, or that is there twice, and 501 to one that it could have known (RFC 9112 6.1, 6.3).
std::expected<bool, protocol_error> is_chunked(version v, const field_list& fields) {
  if (!fields.contains("Transfer-Encoding")) return false;
  const std::string codings = fields.combined("Transfer-Encoding");
  if (v == version::http_1_0) return refuse("Transfer-Encoding in a message of HTTP/1.0");
  bool last_is_chunked = false, chunked_before = false;
  std::size_t count = 0;
  for (std::string_view rest = codings; const auto coding = next_element(rest); ++count) {
    chunked_before = chunked_before || last_is_chunked;
    last_is_chunked = equals_ignoring_case(*coding, "chunked");
  }
  if (last_is_chunked && count == 1) return true;
  return refuse(fmt::format("Transfer-Encoding other than chunked: {}", in_quotes(codings)),
                last_is_chunked && !chunked_before ? 501 : 400);
}

bool stays_open(version v, const field_list& fields) noexcept {
  if (fields.has_token("Connection", "close")) return false;
  return v == version::http_1_1 || fields.has_token("Connection", "keep-alive");
}

bool has_no_body(std::string_view method, unsigned status) noexcept {
  if (method == "HEAD" || status < 200 || status == 204 || status == 304) return true;
  return method == "CONNECT" && status < 300;
}

}  // namespace

std::expected<framing, protocol_error> frame_response(std::string_view method, const response_head& head) {
  framing result{.persistent = stays_open(head.version, head.fields)};
  if (has_no_body(method, head.status)) return result;
  const auto chunked = is_chunked(head.version, head.fields);
  if (!chunked) return std::unexpected(chunked.error());
  if (*chunked) {
    result.kind = body_kind::chunked;
    if (head.fields.contains("Content-Length")) result.persistent = false;
    return result;
  }
  const auto length = content_length(head.fields);
  if (!length) return std::unexpected(length.error());
  if (const auto known = *length; known) {
    result.kind = body_kind::length;
    result.length = *known;
  } else {
    result.kind = body_kind::until_close;
    result.persistent = false;
  }
  return result;
}

std::expected<framing, protocol_error> frame_request(const request_head& head) {
  framing result{.persistent = stays_open(head.version, head.fields)};
  const auto chunked = is_chunked(head.version, head.fields);
  if (!chunked) return std::unexpected(chunked.error());
  if (*chunked && head.fields.contains("Content-Length")) {
    return refuse("both Transfer-Encoding and Content-Length");
  }
  const auto length = content_length(head.fields);
  if (!length) return std::unexpected(length.error());
  if (*chunked) {
    result.kind = body_kind::chunked;
  } else if (const auto known = *length; known) {
    result.kind = body_kind::length;
    result.length = *known;
  }
  return result;
}

}  // namespace parlance::http
