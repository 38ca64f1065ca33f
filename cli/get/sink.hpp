// Where the body of a response goes: a file, a pipe, a terminal, or aside until it is whole.
//
//   std::unique_ptr<sink> to = file_sink("page.html");
//   co_await to->begin(head, {});
//   for (...) co_await to->write(piece);
//   co_await to->finish();                          // only now is there a page.html
//
// One that goes before `finish` leaves nothing behind. Each throws `complaint` when it cannot write, and
// `stdout_closed` when nobody reads stdout any more.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/message/message.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>

#include <cli/get/json_printer.hpp>

namespace parlance::cli {

/// A head or a body that is shown before the body of an answer, in its order.
struct preface_part {
  bool is_head = true;
  std::string text;
};
using preface = std::vector<preface_part>;

class sink {
 public:
  virtual ~sink() = default;
  /// `before`: what goes before the body.
  virtual io::task<void> begin(const http::response_head& head, const preface& before) = 0;
  virtual io::task<void> write(std::string_view piece) = 0;
  /// Whether what was written has gone where it cannot be taken back, so that nothing can begin anew.
  virtual bool is_gone() const { return false; }
  /// Of the file where the body is, byte by byte: it may be written there in any order before `finish`, too. -1:
  /// there is none.
  virtual int descriptor() const noexcept { return -1; }
  /// When what is written was last changed, where there is a file to say so. Before `finish`.
  virtual void set_modified(std::time_t) {}
  /// The body is whole.
  virtual io::task<void> finish() = 0;
};

/// Writes beside `path`, and gives it that name when it is whole. A symbolic link is followed. What cannot be
/// replaced so (a mount point, a file with several names, one of an owner that cannot be kept, one in a folder
/// that cannot be written) is overwritten when the body is whole. What is no regular file (a device, a named
/// pipe) is written as the body comes, without blocking.
/// `mode`: of one that is made, without the umask.
std::unique_ptr<sink> file_sink(const std::string& path, unsigned mode = 0666);

/// The same for a name that somebody else chose: it takes nobody's place, and fails where something has come to be
/// there meanwhile.
std::unique_ptr<sink> new_file_sink(const std::string& path, unsigned mode = 0666);

struct stdout_style {
  /// The content coding was taken off.
  bool decoded = true;
  pretty_style pretty = {};
};

/// stdout: every byte as it comes, unless it is a terminal. That shows text, by its charset and with what
/// would steer the terminal made harmless, and refuses anything else. JSON and heads are made pretty in both.
std::unique_ptr<sink> stdout_sink(stdout_style style);

/// Keeps the body in a file without a name, and gives it to `last` in one go when it is whole and
/// `one_at_a_time`, which must outlive it, says so.
std::unique_ptr<sink> spooling_sink(std::unique_ptr<sink> last, io::mutex& one_at_a_time);

}  // namespace parlance::cli
