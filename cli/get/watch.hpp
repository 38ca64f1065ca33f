// Who watches a transfer of `parlance get`, and tells on stderr.
#pragma once

#include <string>
#include <string_view>

#include <parlance/http/client/client.hpp>
#include <parlance/io/task.hpp>

#include <cli/get/transfer.hpp>
#include <cli/get/transfer_record.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {

/// Writes down what passes by, and tells it with --verbose: "*" what happens, ">" what is sent, "<" what comes.
/// Outlives what it observes, as do its options, its job and its record.
class watcher {
 public:
  watcher(const get_options& options, const get_job& job, transfer_record& record)
      : options_(options), job_(job), record_(record) {}

  http::exchange_observer observer();
  /// Another try begins.
  void begin_try();
  /// The final answer has begun.
  void has_head(const http::exchange& e);
  /// The body is whole.
  io::task<void> done(const http::exchange& e);
  /// One line, unless --quiet.
  io::task<void> say(std::string line) const;

  /// Whether a request has gone out in this try.
  bool has_sent() const noexcept { return !record_.legs.empty(); }

  static std::string status(const http::response_head& head);

 private:
  bool tells() const noexcept { return options_.verbose || options_.told; }
  void note(std::string_view what) const;
  void connected(const http::url& target, const net::stream& s, bool reused);
  void tell_connection(const http::url& target, const net::stream& s) const;
  void line(char mark, std::string_view text) const;
  void lines(char mark, std::string_view head) const;

  const get_options& options_;
  const get_job& job_;
  transfer_record& record_;
  transfer_leg next_ = {};   // not sent yet
  trace::place place_ = {};  // of the connection that is used
};

}  // namespace parlance::cli
