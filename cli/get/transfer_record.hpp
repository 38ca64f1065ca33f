// What is known of a transfer when it is over, for those who report it: -w, --timing, --json-report, --har.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <parlance/http/client/exchange.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/io/endpoint.hpp>

namespace parlance::cli {

/// One request and its answer; a redirect is one more.
struct transfer_leg {
  http::url target;
  /// As it was sent.
  std::string request_head = {};
  /// The final one, where it came.
  std::optional<http::response_head> answer = {};
  io::endpoint local = {}, remote = {};
  /// What TLS agreed on; empty over plain HTTP.
  std::string tls = {};
  /// The certificate was not looked at (-k).
  bool unchecked = false;
  bool reused = false;
  /// Zero where it did not come so far.
  http::exchange_times times = {};
};

/// A part of the body that came over a connection beside the first.
struct transfer_piece {
  /// Bytes of the body: from `first` up to `end`, without that.
  std::uint64_t first = 0, end = 0;
  /// Since the first answer.
  io::duration began{};
  /// Without its redirects.
  transfer_leg leg = {};
};

struct transfer_record {
  /// As it was asked for.
  http::url asked;
  std::string method = {};
  /// In the order of the command line, from 1.
  std::size_t number = 1;
  std::chrono::system_clock::time_point began = {};
  /// Of the last try.
  std::vector<transfer_leg> legs = {};
  /// Of the last try, in the order in which they ended.
  std::vector<transfer_piece> pieces = {};
  unsigned tries = 0;
  /// Of the body as it came, and as it was written, of the last leg.
  std::uint64_t received = 0, written = 0;
  /// Where it was written; empty: stdout.
  std::string file = {};
  /// From the beginning to the end, or to the failure, with all tries.
  io::duration took = {};
  int exit_code = 0;
  /// Empty: none.
  std::string error = {};

  const transfer_leg* last() const { return legs.empty() ? nullptr : &legs.back(); }
  const http::response_head* answer() const {
    return legs.empty() || !legs.back().answer ? nullptr : &*legs.back().answer;
  }
  /// Of the legs before the last.
  io::duration redirected() const;
};

/// Without name and password.
std::string shown(const http::url& target);

}  // namespace parlance::cli
