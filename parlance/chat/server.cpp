#include <fmt/core.h>

#include <exception>
#include <memory>
#include <utility>

#include <parlance/chat/server.hpp>
#include <parlance/chat/session.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {

server::server(server_options options)
    : options_(std::move(options)), hub_(options_.limits), callers_([this](std::exception_ptr failure) {
        try {
          std::rethrow_exception(std::move(failure));
        } catch (const std::exception& e) {
          if (options_.warn) options_.warn(fmt::format("a caller's conversation failed: {}", e.what()));
        }
      }) {}

server::~server() {
  closing_ = true;
  hub_.clear();
}

io::task<void> server::accept(net::listener& from) {
  for (;;) welcome(co_await from.accept());
}

void server::welcome(net::stream caller) {
  if (closing_) return;
  try {
    callers_.spawn(session::run(std::make_shared<session>(*this, std::move(caller))));
  } catch (const io::error& e) {
    log(fmt::format("a caller was gone before it was welcome: {}", e.what()));
  }
}

io::task<void> server::drain(io::duration grace, std::string_view goodbye) {
  closing_ = true;
  hub_.clear();
  sessions_.for_each([&](session& s) { s.farewell(goodbye); });
  try {
    co_await io::timeout(grace, callers_.join());
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw;
    callers_.cancel();
  }
}

std::vector<caller_info> server::callers() {
  std::vector<caller_info> all;
  sessions_.for_each([&](session& s) { all.push_back(s.describe()); });
  return all;
}

}  // namespace parlance::chat
