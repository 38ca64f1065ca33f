#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/housekeeping.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/door/refusal.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/door/session.hpp>
#include <parlance/chat/web/uploads.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/proxy_header.hpp>

namespace parlance::chat {
namespace {

server_options with_store(server_options given) {
  if (!given.store) given.store = std::make_unique<store>(store_options{});
  return given;
}

/// One more, while it lives.
class counted {
 public:
  explicit counted(std::size_t& in) : in_(in) { ++in_; }
  ~counted() { --in_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

 private:
  std::size_t& in_;
};

/// PP2_TYPE_SSL, with PP2_CLIENT_SSL (the PROXY protocol, section 2.2.6).
bool came_by_tls(const net::proxy_header& told) {
  constexpr std::uint8_t type_ssl = 0x20, client_ssl = 0x01;
  const std::optional<std::string_view> about = told.extra(type_ssl);
  return about && !about->empty() && (static_cast<unsigned char>(about->front()) & client_ssl) != 0;
}

}  // namespace

server::server(server_options options)
    : options_(with_store(std::move(options))),
      hub_(options_.settings, *options_.store, every_dialect, options_.people),
      files_(options_.store->options().folder),
      push_(hub_, [this](std::string_view why) { options_.log.warn("push_failed", {{"why", why}}); }),
      blocklists_(
          hub_,
          [this](const network& address, const listing& what) {
            if (tells_of(address))
              options_.log.info("caller_listed",
                                {{"address", address.text()}, {"list", what.list}, {"why", what.reason}});
          },
          [this](std::string_view why) { options_.log.warn("dnsbl_failed", {{"why", why}}); }),
      mailer_(hub_, [this](std::string_view why) { options_.log.warn("mail_failed", {{"why", why}}); }),
      hook_door_(hub_),
      hook_sender_(hub_,
                   [this](std::string_view hook, std::string_view why) {
                     options_.log.warn("hook_failed", {{"hook", hook}, {"why", why}});
                   }),
      callers_([this](std::exception_ptr failure) {
        try {
          std::rethrow_exception(std::move(failure));
        } catch (const std::exception& e) {
          hub_.count.errors.add();
          options_.log.error("conversation_failed", {{"why", e.what()}});
        }
      }) {
  load_scripts();  // before anybody waits for it
  if (const unsigned threads = options_.settings.server.threads; threads > 1)
    for (unsigned i = 0; i < threads; ++i)
      threads_.push_back(std::make_unique<io::loop_thread>(io::loop::current().kernel().name()));
  hub_.turn().on_work = [this] { background_.spawn(end_turn()); };
  hub_.spawn = [this](io::task<void> work) { callers_.spawn(std::move(work)); };
  // Of each failed login there is a line, but not of one who guesses without end.
  const auto failures = std::make_shared<bounded_lines>(budget{.most = 1000, .per_second = 100},
                                                        budget{.most = 20, .per_second = 1});
  hub_.logins().on_failure = [this, failures](const caller& from, std::string_view account,
                                              std::string_view why) {
    const std::optional<std::size_t> untold = failures->take(from.network(), io::loop::current().now());
    if (!untold) return;
    if (*untold == 0)
      options_.log.warn("login_failed",
                        {{"address", from.address}, {"from", from.from}, {"account", account}, {"why", why}});
    else
      options_.log.warn("login_failed", {{"address", from.address},
                                         {"from", from.from},
                                         {"account", account},
                                         {"why", why},
                                         {"more", *untold}});
  };
  hub_.logins().on_left = [this](const caller& from, std::string_view account) {
    if (!tells_of(from.network())) return;
    options_.log.info("login_left", {{"address", from.address}, {"from", from.from}, {"account", account}});
  };
  hub_.on_wrong_key = [this](const person& who, const room& of) {
    options_.log.warn("key_wrong", {{"address", who.address}, {"name", who.nick()}, {"room", of.name()}});
  };
  hub_.logins().on_full_line = [this](const caller& from, std::size_t refused) {
    options_.log.warn("passwords_refused",
                      {{"address", from.address}, {"refused", refused}, {"why", "too many wait"}});
  };
  hub_.on_operator = [this](const caller& from, std::string_view name, std::string_view does,
                            std::string_view to) {
    options_.log.info("operator", {{"name", name}, {"from", from.from}, {"does", does}, {"to", to}});
  };
  hub_.on_filtered = [this](std::string_view nick, std::string_view address, const filter& its,
                            std::string_view where, std::uint64_t untold) {
    options_.log.warn("filtered", {{"filter", its.number},
                                   {"does", filters::name_of(its.does)},
                                   {"in", where},
                                   {"name", nick},
                                   {"address", address},
                                   {"more", untold}});
  };
  hub_.on_ban = [this] { put_out_banned(); };
  hub_.on_said = [this](const event& what, const room* in, const person* to) {
    push_.said(what, in, to);
    hook_sender_.said(what, in, to);
  };
  hub_.on_turn_over = [this](bool kept) {
    push_.turn_is_over(kept);
    hook_sender_.turn_is_over(kept);
  };
  try {
    files_.tidy(hub_.uploads());
  } catch (const std::system_error& e) {
    options_.log.warn("uploads", {{"why", e.what()}});
  }
  house_.spawn(keep_uploads(hub_, files_));
  house_.spawn(
      keep_house(hub_, [this](std::string_view why) { options_.log.warn("store", {{"why", why}}); }));
  house_.spawn(
      hub_.search().keep([this] { return configured().history.enabled && configured().history.search; },
                         [this](std::string_view why) { options_.log.warn("search", {{"why", why}}); }));
}

server::~server() {
  closing_ = true;
  hub_.on_said = {};
  hub_.on_turn_over = {};
  hub_.clear();
}

io::task<void> server::end_turn() {
  co_await io::end_of_turn();
  // What came while this turn was worked on goes out with it: half as many writes, where several speak to a crowd.
  if (hub_.turn().is_for_a_crowd()) {
    co_await io::yield();
    co_await io::end_of_turn();
  }
  hub_.end_turn();
}

io::task<void> server::accept(net::listener& from) {
  // Each caller is work for the turns that follow, and a crowd of them for those who are here already.
  constexpr unsigned most_in_a_turn = 16;
  for (unsigned count = 1;; ++count) {
    welcome(co_await from.accept());
    if (count % most_in_a_turn == 0) co_await io::yield();
  }
}

void server::welcome(net::stream caller) {
  if (closing_) return;
  try {
    const io::endpoint peer = caller.remote();
    if (hub_.named().proxied.contain(network::of(peer)))
      return callers_.spawn(welcome_proxied(std::move(caller)));
    take(std::move(caller), {.peer = peer});
  } catch (const io::error& e) {
    options_.log.debug("caller_gone_at_once", {{"why", e.what()}});
  }
}

void server::take(net::stream caller, const arrival& how) {
  if (std::optional<obstacle> what = obstacle_to(network::of(how.peer)))
    return turn_down(std::move(caller), how.peer, *std::move(what));
  callers_.spawn(session::run(std::make_shared<session>(*this, std::move(caller), next_thread(), how)));
}

io::task<void> server::welcome_proxied(net::stream caller) {
  // It is one of ours, and says whom it speaks for at once; when it has failed, it may keep many open.
  constexpr std::size_t most_at_once = 4096;
  const io::endpoint proxy = caller.remote();
  if (proxied_ >= most_at_once) {
    options_.log.warn("proxy_failed",
                      {{"from", proxy.to_string()}, {"why", "too many of its connections say nothing"}});
    co_return;
  }
  const counted one(proxied_);
  net::proxy_header told;
  try {
    told = co_await io::timeout(bounds().registration_time, net::accept_proxied(caller));
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    options_.log.warn("proxy_failed", {{"from", proxy.to_string()}, {"why", e.what()}});
    co_return;
  }
  if (closing_) co_return;
  if (told.local || told.source.family() == AF_UNSPEC) co_return take(std::move(caller), {.peer = proxy});
  take(std::move(caller), {.peer = told.source, .here = told.destination, .is_secure = came_by_tls(told)});
}

io::loop_thread* server::next_thread() noexcept {
  if (threads_.empty()) return nullptr;
  last_thread_ = (last_thread_ + 1) % threads_.size();
  return threads_[last_thread_].get();
}

std::optional<obstacle> server::obstacle_to(const std::optional<network>& peer) const {
  if (std::optional<obstacle> what = obstacle_to_address(peer)) return what;
  const limits& bounds = options_.settings.limits;
  if (bounds.connections != 0 && connections_ >= bounds.connections)
    return obstacle{.why = "too many connections"};
  return {};
}

std::optional<obstacle> server::obstacle_to_address(const std::optional<network>& peer) const {
  if (std::string why = hub_.why_banned(peer); !why.empty()) return obstacle{obstacle::ban, std::move(why)};
  const limits& bounds = options_.settings.limits;
  if (bounds.connections_per_address == 0 || hub_.named().is_unlimited(peer)) return {};
  const auto there = callers_of_.find(peer->household());
  if (there == callers_of_.end() || there->second < bounds.connections_per_address) return {};
  return obstacle{.why = "too many connections from your address"};
}

/// Those who are somebody are the hub's.
void server::put_out_banned() {
  sessions_.for_each([&](session& s) {
    if (const std::string why = hub_.why_banned(s.address()); !why.empty()) s.keep_out(why);
  });
}

/// A crowd of those who are refused costs no more than a few of those who are taken.
void server::turn_down(net::stream caller, const io::endpoint& peer, obstacle what) {
  constexpr std::size_t most_at_once = 64;
  hub_.count.refused.add();
  if (tells_of(network::of(peer)))
    options_.log.info("caller_refused", {{"from", peer.to_string()}, {"why", what.why}});
  if (being_refused_ >= most_at_once) return;
  std::string address = network::of(peer) ? peer.address() : "localhost";
  callers_.spawn([](server& self, net::stream refused, std::string from, obstacle because) -> io::task<void> {
    const counted one(self.being_refused_);
    co_await refuse(std::move(refused), std::move(from), std::move(because), self.bounds().greeting);
  }(*this, std::move(caller), std::move(address), std::move(what)));
}

void server::count_in(const std::optional<network>& peer) {
  count_address(peer);
  ++connections_;
  hub_.count.accepted.add();
}

void server::count_out(const std::optional<network>& peer) noexcept {
  --connections_;
  discount_address(peer);
}

void server::count_address(const std::optional<network>& peer) {
  if (peer) ++callers_of_[peer->household()];
}

void server::discount_address(const std::optional<network>& peer) noexcept {
  if (!peer) return;
  const auto there = callers_of_.find(peer->household());
  if (there != callers_of_.end() && --there->second == 0) callers_of_.erase(there);
}

io::time_point server::take_burst(const std::optional<network>& peer) {
  const limits& bounds = options_.settings.limits;
  if (!peer || bounds.message_rate == 0 || bounds.connections_per_address == 0 ||
      hub_.named().is_unlimited(peer))
    return {};
  return bursts_.take(peer->household(), bounds, io::loop::current().now());
}

void server::give_back_burst(const std::optional<network>& peer, io::time_point free_from) noexcept {
  if (peer)
    bursts_.give_back(peer->household(), free_from, options_.settings.limits, io::loop::current().now());
}

void server::use(chat::settings changed) {
  const chat::settings before = std::exchange(options_.settings, std::move(changed));
  hub_.settings_changed(before);
}

bool server::tells_of(const std::optional<network>& peer) noexcept try {
  if (!options_.log.on(log_level::info)) return false;
  const std::optional<std::size_t> untold = lines_.take(peer, io::loop::current().now());
  if (!untold) return false;
  if (*untold != 0)
    options_.log.info("callers_untold",
                      {{"address", peer ? peer->household().text() : "unix"}, {"lines", *untold}});
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

/// Of those who call no more.
void server::tell_untold() {
  for (const auto& [household, lines] : lines_.take_untold(io::loop::current().now()))
    options_.log.info("callers_untold",
                      {{"address", household == network() ? "others" : household.text()}, {"lines", lines}});
}

io::task<void> server::watch() {
  const auto now = [] { return io::loop::current().now(); };
  for (;;) {
    const io::time_point due = io::after(now(), std::chrono::seconds(1));
    co_await io::sleep_until(due);
    hub_.count.loop_lag.observe(now() - due);
    hub_.clock().follow();
    tell_untold();
    options_.store->settle();
  }
}

io::task<void> server::all_have_all() {
  constexpr io::duration between = std::chrono::milliseconds(50);
  constexpr int enough = 10;  // looks; time for programs to read it and to hang up first
  for (int seen = 0; seen < enough;) {
    co_await io::sleep(between);
    bool all = true;
    sessions_.for_each([&](const session& s) { all = all && s.has_all(); });
    seen = all ? seen + 1 : 0;
  }
}

io::task<void> server::drain(io::duration grace, std::string_view goodbye) {
  closing_ = true;
  house_.cancel();             // who is put out now has not left a room deserted
  co_await io::end_of_turn();  // what was said in this turn is told first
  hub_.end_turn();
  hub_.clear();
  sessions_.for_each([&](session& s) { s.farewell(goodbye); });
  hub_.end_turn();
  try {
    co_await io::timeout(grace, io::any(callers_.join(), all_have_all()));
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw;
  }
  callers_.cancel();
  hub_.end_turn();  // what could not be kept before may be now
}

std::vector<caller_info> server::callers() {
  std::vector<caller_info> all;
  sessions_.for_each([&](session& s) { all.push_back(s.describe()); });
  return all;
}

}  // namespace parlance::chat
