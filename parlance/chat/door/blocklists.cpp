#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <utility>
#include <vector>

#include <parlance/chat/door/blocklists.hpp>
#include <parlance/chat/door/dns_message.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/datagram.hpp>

namespace parlance::chat {
namespace {

io::time_point now() noexcept { return io::loop::current().now(); }

/// With a port. Empty: there is none.
std::string nameserver_of(const std::string& configured) {
  const auto with_port = [](const std::string& text) {
    const std::optional<network> at = network::parse(text);
    if (!at) return text;
    return at->is_ipv4() ? text + ":53" : fmt::format("[{}]:53", text);
  };
  if (!configured.empty()) return with_port(configured);
  std::ifstream file("/etc/resolv.conf");
  for (std::string word; file >> word;)
    if (word == "nameserver" && file >> word) return with_port(word);
  return {};
}

/// Of many lists, which tell of errors of theirs so.
bool tells_of_error(const network& answer) {
  static const network errors = *network::parse("127.255.255.0/24");
  return errors.holds(answer);
}

/// What counts where the configuration names nothing; others come from name servers that make answers up.
const networks& usual_answers() {
  static const networks all({"127.0.0.0/8"});
  return all;
}

}  // namespace

blocklists::blocklists(hub& of, std::function<void(const network& address, const listing& what)> listed,
                       std::function<void(std::string_view why)> warn)
    : hub_(of), listed_(std::move(listed)), warn_(std::move(warn)) {}

std::shared_ptr<blocklists::inquiry> blocklists::ask(const std::optional<network>& address) {
  if (hub_.configured().blocklists.empty() || !address || address->is_loopback() || address->is_private())
    return {};
  if (const auto found = under_way_.find(*address); found != under_way_.end()) return found->second;
  if (hub_.listed().is_known(*address, now()) || hub_.named().unlisted.contain(address)) return {};
  if (under_way_.size() >= most_waiting) {
    failed("too many addresses wait to be asked about");
    return {};
  }
  const auto its = std::make_shared<inquiry>();
  under_way_.emplace(*address, its);
  asking_.spawn(find_out(*address, its));
  return its->over.is_set() ? nullptr : its;
}

io::task<void> blocklists::find_out(network address, std::shared_ptr<inquiry> its) {
  struct ending {
    blocklists& of;
    const network& address;
    inquiry& its;
    ~ending() {
      its.over.set();
      of.under_way_.erase(address);
    }
  } const at_the_end{*this, address, *its};
  std::vector<question> questions;
  for (const auto& [name, list] : hub_.configured().blocklists) {
    if (std::ranges::find(questions, list.zone, &question::zone) != questions.end()) continue;
    const auto id = static_cast<std::uint16_t>(randombytes_uniform(0x10000));
    questions.push_back({.zone = list.zone, .asked = dns_question(id, listed_name(address, list.zone))});
  }
  std::optional<listing> found;
  std::string why;
  try {
    co_await io::timeout(hub_.configured().dnsbl.time_limit, ask_all(questions, found));
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    why = e.code() == std::errc::timed_out ? "no answer came in time" : e.what();
  }
  if (!why.empty()) failed(why);
  const io::duration holds = why.empty() || found ? listings::holds : listings::holds_failure;
  hub_.listed().learn(address, found, io::after(now(), holds), now());
  if (found) listed_(address, *found);
}

io::task<void> blocklists::ask_all(std::vector<question>& questions, std::optional<listing>& found) {
  const io::semaphore::guard place = co_await places_.acquire();
  const std::string at = nameserver_of(hub_.configured().dnsbl.nameserver);
  if (at.empty())
    throw io::error(std::make_error_code(std::errc::no_such_device_or_address), "find a name server");
  net::datagram_socket server = co_await net::connect_datagram(at);
  const io::duration patience = hub_.configured().dnsbl.time_limit / 3;
  const auto is_open = [](const question& one) { return !one.is_answered; };
  for (;;) {
    for (const question& one : questions)
      if (is_open(one)) co_await server.send(one.asked);
    const io::time_point again = io::after(now(), patience);
    try {
      while (std::ranges::any_of(questions, is_open)) {
        const net::datagram got = co_await io::timeout_at(again, server.recv_from());
        for (question& one : questions)
          if (const auto answer = one.is_answered ? std::nullopt : read_dns_answer(got.data, one.asked)) {
            one.is_answered = true;
            weigh(one.zone, *answer, found);
          }
      }
      co_return;
    } catch (const io::error& e) {
      if (e.code() != std::errc::timed_out) throw;
    }
  }
}

/// Of several lists, what they have in store for it that is the worst.
void blocklists::weigh(std::string_view zone, const dns_answer& answer, std::optional<listing>& found) {
  if (answer.how == dns_answer::result::failed || std::ranges::any_of(answer.addresses, tells_of_error))
    failed(fmt::format("{} answers that it cannot tell", zone));
  for (const auto& [name, list] : hub_.configured().blocklists) {
    if (list.zone != zone || (found && found->what >= list.listed)) continue;
    const networks named(list.answers);
    const networks& wanted = list.answers.empty() ? usual_answers() : named;
    if (std::ranges::any_of(answer.addresses,
                            [&](const network& one) { return wanted.contain(one) && !tells_of_error(one); }))
      found = listing{.list = name, .what = list.listed, .reason = list.reason};
  }
}

void blocklists::failed(std::string_view why) {
  if (warnings_.take(1, now())) warn_(why);
}

}  // namespace parlance::chat
