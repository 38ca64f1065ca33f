#include <fmt/core.h>

#include <chrono>

#include <parlance/chat/door/refusal.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/http/message/response_writer.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {

std::string refusal_in(language spoken, std::string_view address, const obstacle& what) {
  const std::string& why = what.why;
  const bool is_ban = what.what == obstacle::ban;
  switch (spoken) {
    case language::tls:
      return tls_answer();
    case language::irc:
      return (is_ban ? fmt::format("465 * :{}\r\n", why) : std::string()) +
             fmt::format("ERROR :Closing link: ({}) [{}]\r\n", address, why);
    case language::http:
      return http::write_response({.status = what.status(), .body = fmt::format("{}\n", why)}, "GET",
                                  http::after::close);
    case language::plain:
    case language::unknown:
      return plain_notice(why);
  }
  return {};
}

io::task<void> refuse(net::stream caller, std::string address, obstacle what, io::duration patience) {
  try {
    std::string_view said;
    try {
      said = co_await io::timeout(patience, caller.peek());
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out) throw;
    }
    const std::string answer = refusal_in(recognise(said), address, what);
    co_await io::timeout(patience, caller.send(answer));
  } catch (const io::error&) {
    co_return;  // it did not wait for an answer
  }
  co_await caller.close({.time = std::chrono::seconds(1), .bytes = std::size_t{64} * 1024});
}

}  // namespace parlance::chat
