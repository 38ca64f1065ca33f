// Bodies of each kind, to be sent with a request.
//
//   co_await client.post(url, http::form({{"name", "Ann"}, {"age", "42"}}));
//   co_await client.post(url, http::json(R"({"name":"Ann"})"));
//   co_await client.put(url, http::file("/var/log/today", "text/plain"));
//   co_await client.post(url, http::multipart({{.name = "face", .content = http::file("a.jpg", "image/jpeg"),
//                                               .file_name = "a.jpg"}}));
//
// Each brings its Content-Type, which a field of the request overrules.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/body/body_source.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#urlencoded-serializing), in UTF-8.
request_body form(const std::vector<std::pair<std::string, std::string>>& pairs);

/// JSON, which is not looked at (RFC 8259).
request_body json(std::string text);

/// A regular file, read piece by piece on a worker thread while it is sent. Opened when the request is made,
/// which throws io::error that names it. Of one that grows afterwards, as logs do, goes what there was; one that
/// becomes shorter ends the exchange.
request_body file(std::string path, std::string media_type = "application/octet-stream");

/// What a coroutine makes: each call gives the next bytes, valid until the next, and none at the end. It goes
/// in chunks where `length` is not given. It is sent once: what would send it again, another request with a
/// copy of this or a redirect that keeps the body, fails.
request_body produced(std::function<io::task<std::string_view>()> next,
                      std::optional<std::uint64_t> length = {}, std::string media_type = {});

/// A part of a form (RFC 7578).
struct form_part {
  std::string name;
  request_body content;
  /// Given for files.
  std::optional<std::string> file_name = {};
};

/// multipart/form-data (RFC 7578), with a boundary that nobody can foresee.
request_body multipart(std::vector<form_part> parts);

}  // namespace parlance::http
