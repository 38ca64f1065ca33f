#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <iterator>
#include <system_error>
#include <utility>

#include <parlance/io/error.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/transcript.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t hex_width = 16, ascii_width = 64;

char shown_as(char c) { return c >= 0x20 && c < 0x7f ? c : '.'; }

class told_source final : public http::body_source {
 public:
  told_source(std::unique_ptr<http::body_source> of, std::shared_ptr<transcript> to)
      : of_(std::move(of)), to_(std::move(to)) {}

  std::optional<std::uint64_t> length() const override { return of_->length(); }
  bool rewind() override { return of_->rewind(); }
  io::task<std::string_view> read() override {
    const std::string_view piece = co_await of_->read();
    if (piece.empty()) co_return piece;
    to_->sent_body(piece);
    co_await to_->flush();
    co_return piece;
  }

 private:
  const std::unique_ptr<http::body_source> of_;
  const std::shared_ptr<transcript> to_;
};

}  // namespace

std::string time_mark() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto whole = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  const auto rest = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch()) - whole;
  std::tm here = {};
  ::localtime_r(&seconds, &here);
  return fmt::format("{:02}:{:02}:{:02}.{:06} ", here.tm_hour, here.tm_min, here.tm_sec, rest.count());
}

transcript::transcript(transcript_options to, bool tells_time)
    : to_(std::move(to)), tells_time_(tells_time), descriptor_(STDOUT_FILENO) {
  if (to_.path == "-") return;
  if (to_.path == "%") {
    descriptor_ = STDERR_FILENO;
    return;
  }
  constexpr mode_t for_the_owner = 0600;  // it has passwords and all that came
  file_ = file(::open(to_.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, for_the_owner));
  if (!file_.is_open()) fail("write " + to_.path, errno, "name another file for what is sent and comes");
  descriptor_ = file_.descriptor();
}

void transcript::begin_entry() {
  if (tells_time_) text_ += time_mark();
}

void transcript::note(std::string_view what) {
  begin_entry();
  fmt::format_to(std::back_inserter(text_), "== Info: {}\n", what);
}

void transcript::sent_head(std::string_view head) { entry("=> Send header", head); }
void transcript::sent_body(std::string_view piece) { entry("=> Send data", piece); }
void transcript::received_body(std::string_view piece) { entry("<= Recv data", piece); }
void transcript::received_head(const http::response_head& head) { received_lines(http::serialise(head)); }

void transcript::received_trailers(const http::field_list& trailers) {
  for (const http::field each : trailers) received_lines(fmt::format("{}: {}\r\n", each.name, each.value));
}

void transcript::received_lines(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end == lines.npos ? end : end + 2);
    entry("<= Recv header", line);
    lines.remove_prefix(line.size());
  }
}

void transcript::entry(std::string_view title, std::string_view bytes) {
  begin_entry();
  fmt::format_to(std::back_inserter(text_), "{}, {} bytes (0x{:x})\n", title, bytes.size(), bytes.size());
  if (to_.how == transcript_options::form::hex)
    add_hex(bytes);
  else
    add_ascii(bytes);
}

void transcript::add_hex(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += hex_width) {
    const std::string_view row = bytes.substr(at, hex_width);
    fmt::format_to(std::back_inserter(text_), "{:04x}: ", at);
    for (const char c : row)
      fmt::format_to(std::back_inserter(text_), "{:02x} ", static_cast<unsigned char>(c));
    text_.append(3 * (hex_width - row.size()), ' ');
    std::ranges::transform(row, std::back_inserter(text_), shown_as);
    text_ += '\n';
  }
}

/// A row ends with its line, if that comes first.
void transcript::add_ascii(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view rest = bytes.substr(at);
    const std::size_t line = rest.find("\r\n");
    const std::string_view row = rest.substr(0, std::min(line, ascii_width));
    fmt::format_to(std::back_inserter(text_), "{:04x}: ", at);
    std::ranges::transform(row, std::back_inserter(text_), shown_as);
    text_ += '\n';
    at += row.size() + (row.size() == line ? 2 : 0);
  }
}

io::task<void> transcript::flush() {
  const io::mutex::guard turn = co_await writing_.lock();
  if (text_.empty()) co_return;
  const std::string text = std::exchange(text_, {});
  try {
    if (!out_) out_.emplace(descriptor_);
    co_await out_->write(text);
  } catch (const io::error& e) {
    if (descriptor_ == STDOUT_FILENO && e.code() == std::errc::broken_pipe) throw stdout_closed{};
    if (e.code().category() != std::system_category()) throw;
    fail("write " + to_.path, e.code().value(),
         "make room, or leave out the file for what is sent and comes");
  }
}

http::request_body told(const http::request_body& body, std::shared_ptr<transcript> to) {
  return http::request_body([body, to] { return std::make_unique<told_source>(body.open(), to); },
                            body.media_type());
}

}  // namespace parlance::cli
