// Whether what comes now goes on where something ended before (RFC 9110 8.8, 13.1.5, 14.4): a part of a file is
// joined with another only when the server proves that both are of the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/message/message.hpp>

namespace parlance::cli {

struct file_version {
  /// For If-Range: a strong ETag, or a Last-Modified that is strong by the Date beside it. Empty: there is
  /// none, and nothing can go on.
  std::string validator = {};
  /// Of all of it, where that is known.
  std::optional<std::uint64_t> size = {};
};

/// Of a whole answer (200) without a content coding; otherwise without a validator. `announced`: its length.
file_version version_of(const http::response_head& head, std::optional<std::uint64_t> announced);

/// Content-Range: bytes 5-9/10, bytes 5-9/*, and bytes */10.
struct content_range {
  std::optional<std::uint64_t> first = {}, last = {}, size = {};
};
std::optional<content_range> content_range_of(const http::response_head& head);

/// Whether an answer to a request with `version.validator` as its If-Range goes on at byte `at`.
bool goes_on(const http::response_head& head, const file_version& version, std::uint64_t at);

/// Where the part ends that an answer to a request for bytes `at` to `end` (without that) holds: at `end`, or
/// before it. Nothing: it holds another part, or one of another file.
std::optional<std::uint64_t> part_of(const http::response_head& head, const file_version& version,
                                     std::uint64_t at, std::uint64_t end);

/// Whether it says that there is nothing from byte `at` on, since that is where it ends (416).
bool ends_at(const http::response_head& head, std::uint64_t at);

}  // namespace parlance::cli
