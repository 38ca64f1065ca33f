#include <fmt/format.h>

#include <algorithm>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/media_type.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/server_request.hpp>

namespace parlance::http {
namespace {

/// application/x-www-form-urlencoded: a plus stands for a space.
std::string decode_form(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

[[noreturn]] void refuse_long(std::uint64_t limit) {
  throw refusal(413, fmt::format("the body is longer than {} bytes", limit));
}

}  // namespace

std::optional<std::string> server_request::query(std::string_view name) const {
  for (std::string_view rest = query(); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::string_view key = pair.substr(0, pair.find('='));
    if (decode_form(key) == name) return decode_form(pair.substr(std::min(key.size() + 1, pair.size())));
  }
  return std::nullopt;
}

io::task<std::string_view> server_request::read() {
  // Before a byte of it is asked for.
  if (stream_.announced().value_or(0) > body_limit_) refuse_long(body_limit_);
  const std::string_view piece = co_await stream_.read();
  if (stream_.received() > body_limit_) refuse_long(body_limit_);
  co_return piece;
}

io::task<std::string> server_request::read_all() {
  std::string all;
  for (std::string_view piece; !(piece = co_await read()).empty();) all += piece;
  co_return all;
}

io::task<std::string> server_request::read_json() {
  const auto type = media_type::parse(fields().get("Content-Type").value_or(""));
  if (!type || !type->is_json()) throw refusal(415, "the body is to be JSON, and its Content-Type to say so");
  return read_all();
}

std::string_view server_request::parameter(std::string_view name) const noexcept {
  const auto found = std::ranges::find(parameters_, name, [](const auto& each) { return each.first; });
  return found == parameters_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace parlance::http
