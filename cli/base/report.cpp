#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>

#include <parlance/http/base/error.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/system_call.hpp>
#include <parlance/net/error.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>

namespace parlance::cli {
namespace {

struct advice {
  exit_code code;
  std::string_view next;
};

advice advise(const std::error_code& code) {
  if (code == net::errc::no_address) return {not_found, "check the name, or give a numeric address"};
  if (code == net::errc::certificate)
    return {not_trusted,
            "check the name, trust its authority with --ca FILE, or give up checking with --insecure"};
  if (code == net::errc::tls)
    return {not_trusted, "does the other end speak TLS there, and take what was offered?"};
  if (code == net::errc::truncated) return {broken_off, "part of it may be missing; try again"};
  if (code == http::errc::incomplete) return {broken_off, "part of it is missing; try again"};
  if (code == http::errc::malformed) return {failure, "does a sound HTTP server answer there?"};
  if (code == http::errc::redirect) return {failure, "fetch the new address itself if you trust it"};
  if (code == http::errc::coding) return {failure, "take it as it comes with --no-decode"};
  if (code == std::errc::timed_out) return {timed_out, "try again, or allow more time"};
  if (code == std::errc::connection_refused) return {no_connection, "is anything listening there?"};
  if (code == std::errc::network_unreachable || code == std::errc::host_unreachable)
    return {no_connection, "check the network, or the address"};
  if (code == std::errc::address_in_use)
    return {no_connection, "stop what listens there, or take another port"};
  if (code == std::errc::address_not_available)
    return {no_connection, "that address is not one of this machine's"};
  if (code == std::errc::permission_denied)
    return {no_connection, "ports below 1024 and some paths need more rights; take another"};
  if (code == std::errc::no_such_file_or_directory) return {no_connection, "check the path"};
  if (code == std::errc::connection_reset || code == std::errc::connection_aborted ||
      code == std::errc::broken_pipe)
    return {broken_off, "the other end broke it off"};
  if (code == std::errc::too_many_files_open) return {failure, "raise the limit with ulimit -n"};
  if (code == std::errc::address_family_not_supported)
    return {no_connection, "this machine does not have that family of addresses"};
  if (code == std::errc::invalid_argument || code == std::errc::filename_too_long) return {usage, {}};
  return {failure, {}};
}

/// A name of a file, or a word of the command line, may have anything in it.
std::string line_of(const std::string& verb, std::string_view what) {
  text::sanitizer clean(text::sanitizer::newlines::keep);
  std::string line = fmt::format("parlance {}: ", verb);
  clean.feed(what, line);
  clean.finish(line);
  return line;
}

}  // namespace

io::duration patience_at(std::string_view address) {
  return address.starts_with("unix:") ? std::chrono::seconds(2) : std::chrono::seconds(3);
}

void tell(std::string_view line, std::chrono::milliseconds patience) {
  if (before_telling) before_telling();
  write_to_stderr(fmt::format("{}\n", line), patience);
}

void write_to_stderr(std::string_view text, std::chrono::milliseconds patience) {
  static bool is_read = true;
  for (std::string_view rest = text; !rest.empty();) {
    pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&room, 1, is_read ? static_cast<int>(patience.count()) : 0);
    if (ready < 0 && errno == EINTR) continue;
    const io::without_blocking quick(STDERR_FILENO);
    const ssize_t put = ready > 0 ? ::write(STDERR_FILENO, rest.data(), rest.size()) : -1;
    is_read = put > 0;
    if (!is_read) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

report describe_failure(const std::string& verb) {
  try {
    throw;
  } catch (const io::error& e) {
    const advice a = advise(e.code());
    return {a.code, line_of(verb, fmt::format("{}{}{}", e.what(), a.next.empty() ? "" : "; ", a.next))};
  } catch (const complaint& e) {
    return {e.code(), line_of(verb, e.what())};
  } catch (const std::exception& e) {
    return {failure, line_of(verb, e.what())};
  }
}

int report_failure(const std::string& verb) {
  const report failed = describe_failure(verb);
  tell(failed.line, std::chrono::seconds(1));
  return failed.code;
}

}  // namespace parlance::cli
