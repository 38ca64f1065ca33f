// Fetching one URL, as `parlance get` does it: the exchange, who watches it, and where its body goes.
#pragma once

#include <string>

#include <parlance/http/client.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>

namespace parlance::cli {

/// What is the same for all URLs of a command.
struct get_options {
  /// All but the target.
  http::request request;
  http::client_options limits;
  /// The head before the body.
  bool include = false;
  bool verbose = false;
  bool quiet = false;
  /// A status of 400 or above is a failure, and its body is dropped.
  bool fail = false;
};

/// One of them.
struct get_job {
  http::url target;
  /// Empty: stdout.
  std::string output = {};
  /// Before each line on stderr, to tell whose it is.
  std::string label = {};
};

/// Does it, by `client`. `shared`: others want stdout too, so a body for it must first be whole. Throws io::error,
/// complaint or stdout_closed.
io::task<void> transfer(http::client& client, const get_options& options, const get_job& job,
                        io::mutex* shared);

}  // namespace parlance::cli
