#include <fmt/core.h>

#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <utility>

#include <parlance/chat/housekeeping.hpp>
#include <parlance/chat/server.hpp>
#include <parlance/chat/session.hpp>
#include <parlance/chat/text.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

constexpr std::size_t longest_motd = 65536;

/// The message of the day, from its file.
std::string read_motd(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(longest_motd + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto size = static_cast<std::size_t>(file.gcount());
  if (size == 0 && !file.eof())
    throw std::runtime_error(fmt::format("cannot read the message of the day from {}", path));
  if (size > longest_motd)
    throw std::runtime_error(
        fmt::format("the message of the day in {} is longer than {} bytes", path, longest_motd));
  text.resize(size);
  std::string fit;
  sanitizer clean(sanitizer::newlines::keep);
  clean.feed(text, fit);
  clean.finish(fit);
  return fit;
}

/// With what is there by default, and what is in files.
server_options complete(server_options given) {
  settings::server_group& told = given.settings.server;
  if (told.motd.empty() && !told.motd_file.empty()) told.motd = read_motd(told.motd_file);
  if (!given.store) given.store = std::make_unique<store>(store_options{});
  return given;
}

}  // namespace

server::server(server_options options)
    : options_(complete(std::move(options))),
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
