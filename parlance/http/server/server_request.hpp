// A request as a handler gets it: the head has come, the body streams.
//
//   io::task<> save(http::server_request& asked, http::server_response& answer) {
//     for (std::string_view piece; !(piece = co_await asked.read()).empty();) co_await file.write(piece);
//     co_await answer.send("saved\n");
//   }
//
// The body is read only as fast as the handler asks for it. What it leaves is read and dropped within a limit;
// beyond that the connection ends after the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/message/message.hpp>
#include <parlance/http/server/server_stream.hpp>
#include <parlance/http/server/target.hpp>
#include <parlance/io/endpoint.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// Who asks, and whom.
struct server_peers {
  io::endpoint remote, local;
  /// Over TLS.
  bool secure = false;
  /// Is set when the server stops (net::caller).
  io::event& stopping;
};

/// Lasts until its handler is done, as do the views that it gives.
class server_request {
 public:
  /// All of it outlives this. `body_limit`: in bytes.
  server_request(const request_head& head, const target_parts& target, const server_peers& peers,
                 server_stream& on, std::uint64_t body_limit) noexcept
      : head_(head), target_(target), peers_(peers), stream_(on), body_limit_(body_limit) {}
  server_request(const server_request&) = delete;
  server_request& operator=(const server_request&) = delete;

  const std::string& method() const noexcept { return head_.method; }
  /// As it was sent, percent-encoded, with its leading slash; "*" for OPTIONS of the server as a whole.
  std::string_view path() const noexcept { return target_.path; }
  /// What follows the question mark, as it was sent.
  std::string_view query() const noexcept { return target_.query; }
  /// The first value of a name in the query, decoded as a form is; nothing when it is not there.
  std::optional<std::string> query(std::string_view name) const;
  /// Host and port as the client has them (RFC 9110 7.2); may be empty.
  std::string_view host() const noexcept { return target_.host; }
  const field_list& fields() const noexcept { return head_.fields; }
  /// All of it, for what works on heads, as `find_forwarded_client`.
  const request_head& head() const noexcept { return head_; }

  /// The true ends, as a trusted PROXY header, or a trusted proxy's field (server_options::proxies), tells them.
  const io::endpoint& remote() const noexcept { return peers_.remote; }
  const io::endpoint& local() const noexcept { return peers_.local; }
  bool secure() const noexcept { return peers_.secure; }
  /// Is set when the server stops: then an answer that goes on and on ends as soon as is polite.
  io::event& stopping() const noexcept { return peers_.stopping; }

  /// The next bytes of the body; valid until the next read. Empty: it is whole. Throws refusal for a body that
  /// is longer than its limit (413), malformed (400) or too slow (408), which a handler need not catch.
  io::task<std::string_view> read();
  /// All of it.
  io::task<std::string> read_all();
  /// All of it, where Content-Type says that it is JSON, which is not looked at; else throws refusal (415).
  io::task<std::string> read_json();
  /// Instead of server_limits::body, before the first read.
  void limit_body(std::uint64_t bytes) noexcept { body_limit_ = bytes; }
  /// Fields that came after the body, once it is whole (RFC 9110 6.5.1: never taken for those of the head).
  const field_list& trailers() const noexcept { return stream_.trailers(); }

  /// Waits, beside whatever else is waited for, until the client has ended its side or is gone: who works long, or
  /// has nothing to send for long, would not learn of it. Throws io::error where the transport cannot tell.
  io::task<void> gone() { return stream_.gone(); }

  /// What stands in the path for a `{name}` of the router's pattern, decoded, and for a `{name...}`, as it was sent;
  /// empty for a name that it has not.
  std::string_view parameter(std::string_view name) const noexcept;
  /// What stands there for `{name...}`, else all of the path but its slash; as it was sent.
  std::string_view rest() const noexcept { return rest_.value_or(path().substr(1)); }

  // For routers.
  void set_parameters(std::vector<std::pair<std::string_view, std::string>> all) {
    parameters_ = std::move(all);
  }
  void set_rest(std::string_view of_path) noexcept { rest_ = of_path; }

 private:
  const request_head& head_;
  const target_parts& target_;
  const server_peers& peers_;
  server_stream& stream_;
  std::uint64_t body_limit_;
  std::vector<std::pair<std::string_view, std::string>> parameters_;
  std::optional<std::string_view> rest_;
};

}  // namespace parlance::http
