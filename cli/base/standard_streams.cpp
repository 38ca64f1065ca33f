#include <chrono>
#include <system_error>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>

namespace parlance::cli {

io::task<void> printer::print(std::string_view text) {
  try {
    co_await out_.write(text);
  } catch (const io::error& e) {
    if (e.code() == std::errc::broken_pipe) throw stdout_closed{};
    if (e.code().category() != std::system_category()) throw;
    throw io::error(e.code(), "write to stdout");
  }
}

io::task<void> tell_without_blocking(std::string line) {
  line += '\n';
  co_await write_stderr_without_blocking(std::move(line));
}

io::task<void> write_stderr_without_blocking(std::string text) {
  if (before_telling) before_telling();
  try {
    io::output out(STDERR_FILENO);
    co_await io::timeout(std::chrono::seconds(1), out.write(text));
  } catch (const io::error&) {  // nobody can be told
  }
}

}  // namespace parlance::cli
