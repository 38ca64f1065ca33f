#include <fmt/core.h>

#include <exception>
#include <utility>

#include <cli/base/peer.hpp>
#include <cli/trace/recorder.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {

trace::trace(const std::string& into, const std::string& command)
    : its_(std::make_shared<recorder>(into, command)) {}
trace::~trace() = default;

std::shared_ptr<const net::connect_observer> trace::observer() {
  const auto to = its_;
  const auto watching = std::make_shared<net::connect_observer>();
  watching->looking_up = [to](const std::string& host) { to->note("look up " + host); };
  watching->resolved = [to](std::span<const net::endpoint> found) {
    std::string all;
    for (const net::endpoint& one : found) all += (all.empty() ? "addresses: " : ", ") + one.to_string();
    to->note(all);
  };
  watching->trying = [to](const net::endpoint& at) { to->trying(at); };
  watching->failed = [to](const net::endpoint& at, std::string_view why) { to->failed(at, why); };
  watching->connected = [to](net::stream s) {
    if (s.remote().family() == AF_UNIX) return s;
    auto on = to->connected(s);
    return tapped(std::move(s), to, std::move(on));
  };
  return watching;
}

void trace::listening(std::span<const net::endpoint> at) {
  for (const net::endpoint& one : at) its_->listening(one);
}

net::stream trace::accepted(net::stream caller) {
  if (caller.remote().family() == AF_UNIX) return caller;
  auto on = its_->accepted(caller);
  return tapped(std::move(caller), its_, std::move(on));
}

void trace::note(std::string_view what) { its_->note(what); }

void trace::secured(const net::stream& over) {
  if (over.tls()) its_->note("TLS agreed: " + described(*over.tls()));
}

trace::place trace::place_of(const net::stream& over) {
  return {.local = over.local(), .remote = over.remote(), .hidden = over.tls() != nullptr};
}

void trace::message(const place& over, bool outgoing, std::string_view bytes) {
  its_->message(over, outgoing, bytes);
}

void trace::finish() { its_->finish(); }

}  // namespace parlance::cli
