// Fetching one URL, as `parlance get` does it: the exchange, who watches it, and where its body goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include <parlance/http/client/client.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>

#include <cli/get/json_printer.hpp>
#include <cli/get/progress.hpp>
#include <cli/get/retry.hpp>
#include <cli/get/transfer_record.hpp>

namespace parlance::cli {

class trace;
class transcript;

/// What is the same for all URLs of a command.
struct get_options {
  /// Whose messages these are: "get", "post", ...
  std::string verb = "get";
  /// All but the target.
  http::request request;
  /// Goes behind the query of each target.
  std::string query;
  /// The body can be sent but once.
  bool once = false;
  http::client_options limits;
  /// What is shown of each transfer: the head of the answer before its body, and the like. The body goes to a
  /// file in any case.
  bool include = false, show_request_head = false, show_request_body = false, show_body = true;
  bool shows_before() const { return include || show_request_head || show_request_body; }
  /// The heads of redirects stand before the last one, where that is shown or kept (-L).
  bool shows_redirects = false;
  /// The request is printed and not sent.
  bool offline = false;
  /// How stdout shows it.
  pretty_style pretty = {};
  bool verbose = false;
  bool quiet = false;
  /// A status of 400 or above is a failure, and its body is dropped.
  bool fail = false;
  /// The same, but the body is written first.
  bool fail_late = false;
  /// The folders that are missing for a file are made.
  bool create_folders = false;
  retry_options retry = {};
  /// How many fetch one file at the same time, where its server gives parts of it.
  unsigned connections = 1;
  /// A download that ended goes on (-C).
  bool resume = false;
  /// -z: only what is newer, or older, than a date.
  bool by_date = false;
  /// Files are dated as the server dates what is in them (-R).
  bool keep_time = false;
  /// Where the head of the answer is kept; empty: nowhere, "-": on stdout.
  std::string head_file = {};
  /// Where the ETag of what came is kept; empty: nowhere.
  std::string etag_file = {};
  /// -w; empty: nothing is printed.
  std::string write_out = {};
  /// Where the time went, on stderr.
  bool timing = false;
  /// --trace: "-", a file, or nothing; and who draws then, or null.
  std::string trace_path = {};
  std::shared_ptr<trace> tracer = {};
  /// What is sent and comes, as it is; null: nobody writes it.
  std::shared_ptr<transcript> told = {};
  /// --trace-time: --verbose tells when, too.
  bool tells_time = false;
  /// Files for reports of all transfers, as JSON, one a line, and as HAR; empty: none, "-": stdout.
  std::string json_report = {}, har = {};
  /// What is slower than so many bytes a second for so long is a failure; 0: nothing is.
  std::uint64_t too_slow = 0;
  io::duration too_slow_for = std::chrono::seconds(30);
  /// --no-clobber: what is there stays.
  bool keeps_there = false;
  /// Of files that are made, without the umask.
  unsigned file_mode = 0666;
  /// --xattr: where it came from is noted in its file.
  bool notes_origin = false;
  /// Bytes a second of what is sent, and of what is written, for each URL; 0: no limit.
  std::uint64_t rate = 0;
  /// Most bytes of a body.
  std::uint64_t max_size = std::numeric_limits<std::uint64_t>::max();
};

/// One of them.
struct get_job {
  http::url target;
  /// Empty: stdout.
  std::string output = {};
  /// The server may propose another name for that, in its folder.
  bool server_names = false;
  /// What the body must have, in hexadecimal; empty: it is not looked at.
  std::string sha256 = {};
  /// Before each line on stderr, to tell whose it is.
  std::string label = {};
};

/// What the jobs of a command share.
struct get_shared {
  /// Nobody else wants stdout, so a body for it need not be whole first.
  bool alone = false;
  io::mutex stdout_turn = {};
  /// Null: nothing is shown of how far it is.
  progress* meter = nullptr;
  /// Files of -J, and whose they are.
  std::map<std::string, const get_job*> names = {};
};

/// Does it, by `client`, and writes down in `record` what there is to know, also of a failure. Throws io::error,
/// complaint or stdout_closed.
io::task<void> transfer(http::client& client, const get_options& options, const get_job& job,
                        get_shared& shared, transfer_record& record);

}  // namespace parlance::cli
