#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include <parlance/text/sanitizer.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/get/output.hpp>
#include <cli/get/reports.hpp>
#include <cli/get/transfer_report.hpp>
#include <cli/get/write_out.hpp>

namespace parlance::cli {
namespace {

constexpr const char* other_file = "name another file for the report, or make room";

std::string clean_lines(std::string_view text) {
  text::sanitizer clean(text::sanitizer::newlines::keep);
  std::string shown;
  clean.feed(text, shown);
  clean.finish(shown);
  return shown;
}

std::string line_of(const nlohmann::ordered_json& made) {
  return made.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace

reporter::reporter(const get_options& options, io::mutex& stdout_turn)
    : options_(options), stdout_turn_(stdout_turn) {
  const std::string& path = options.json_report;
  if (path.empty() || path == "-") return;
  constexpr mode_t for_the_owner = 0600;  // it has all fields, of cookies, too
  json_ = file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, for_the_owner));
  if (!json_.is_open()) fail("write " + path, errno, other_file);
}

io::task<void> reporter::add(const transfer_record& record) {
  if (options_.timing) co_await tell_without_blocking(clean_lines(as_waterfall(record)));
  if (!options_.write_out.empty()) {
    const written_out made = write_out(options_.write_out, record);
    const auto fit_for = [](int descriptor, const std::string& text) {
      return ::isatty(descriptor) ? clean_lines(text) : text;
    };
    co_await print(fit_for(STDOUT_FILENO, made.to_stdout));
    if (!made.to_stderr.empty())
      co_await write_stderr_without_blocking(fit_for(STDERR_FILENO, made.to_stderr));
  }
  if (json_.is_open())
    if (const int number = json_.write(line_of(as_json(record))); number != 0)
      fail("write " + options_.json_report, number, other_file);
  if (options_.json_report == "-") co_await print(line_of(as_json(record)));
  if (!options_.har.empty()) all_.push_back(record);
}

io::task<void> reporter::finish() {
  if (options_.har.empty()) co_return;
  std::string text = line_of(as_har(all_, options_.limits.usual.of));
  if (options_.har == "-") co_return co_await print(std::move(text));
  co_await write_file(options_.har, std::move(text));
}

io::task<void> reporter::print(std::string text) {
  const io::mutex::guard turn = co_await stdout_turn_.lock();
  printer out;
  co_await out.print(text);
}

}  // namespace parlance::cli
