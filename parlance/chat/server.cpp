#include <fmt/core.h>

#include <exception>
#include <memory>
#include <utility>

#include <parlance/chat/housekeeping.hpp>
#include <parlance/chat/server.hpp>
#include <parlance/chat/session.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

server_options with_store(server_options given) {
  if (!given.store) given.store = std::make_unique<store>(store_options{});
  return given;
}

}  // namespace

server::server(server_options options)
    : options_(with_store(std::move(options))),
      hub_(options_.settings, *options_.store),
      callers_([this](std::exception_ptr failure) {
        try {
          std::rethrow_exception(std::move(failure));
        } catch (const std::exception& e) {
          if (options_.warn) options_.warn(fmt::format("a caller's conversation failed: {}", e.what()));
        }
      }) {
  hub_.on_work = [this] { work_.set(); };
  hub_.spawn = [this](io::task<void> work) { callers_.spawn(std::move(work)); };
  background_.spawn(end_turns());
  background_.spawn(keep_house(hub_, options_.warn));
}

server::~server() {
  closing_ = true;
  hub_.clear();
}

io::task<void> server::end_turns() {
  for (;;) {
    co_await work_;
    work_.reset();
    co_await io::end_of_turn();
    hub_.end_turn();
  }
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
  co_await io::end_of_turn();  // what was said in this turn is told first
  hub_.end_turn();
  hub_.clear();
  sessions_.for_each([&](session& s) { s.farewell(goodbye); });
  hub_.end_turn();
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
