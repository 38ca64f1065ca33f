#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/verb.hpp>
#include <cli/chat/full_screen/client.hpp>

namespace parlance::cli {
namespace {

/// What others say is not drawn more often; what a key has done is drawn at once.
constexpr io::duration frame = std::chrono::milliseconds(33);
constexpr io::duration goodbye = std::chrono::seconds(3);
constexpr io::duration between_notices = std::chrono::seconds(2);

}  // namespace

chat_client::chat_client(std::vector<network_options> networks, chat_memory& memory, std::string log_folder)
    : memory_(memory), log_folder_(std::move(log_folder)) {
  for (network_options& one : networks) add(std::move(one));
  active_network_ = members_.front()->network.get();
  active_ = &active_network_->server();
  active_network_->tell_in(active_);
}

chat_client::~chat_client() = default;

void chat_client::add(network_options options) {
  auto fresh = std::make_unique<membership>();
  fresh->address = options.address;
  std::vector<std::string> rooms = std::move(options.rooms);
  for (const std::string& room : options.connection.to.rooms) rooms.push_back(room);
  fresh->network =
      std::make_unique<chat_network>(options.name(), std::move(options.who), std::move(rooms), *this);
  fresh->connection = std::make_unique<chat_connection>(std::move(options.connection), *fresh->network);
  fresh->network->set_ignored(memory_.ignored(fresh->address));
  if (memory_.logs(fresh->address)) begin_log(*fresh);
  members_.push_back(std::move(fresh));
  if (work_) work_->spawn(stay(*members_.back()));
}

void chat_client::add_network(const std::string& address) {
  try {
    network_options options{.address = address,
                            .connection = {.to = server_address::parse(address)},
                            .who = network().identity(),
                            .rooms = memory_.rooms(address)};
    if (const std::string nick = memory_.nick(address); !nick.empty()) options.who.nick = nick;
    if (const auto port = memory_.tls_port(address, now_on_the_wall())) {
      options.connection.to.tls = true;
      options.connection.to.at.port = *port;
    }
    options.who.password.clear();
    options.who.server_password.clear();
    options.who.has_certificate = false;
    add(std::move(options));
    show(*members_.back()->network, members_.back()->network->server());
  } catch (const io::error& e) {
    tell(e.what());
  }
}

io::task<int> chat_client::run() {
  terminal_ = std::make_unique<screen::terminal>(screen::terminal::options{.title = "parlance"});
  {
    io::scope work;
    work_ = &work;
    work.spawn(terminal_->run());
    work.spawn(read_keys());
    work.spawn(draw_on());
    work.spawn(watch_signals());
    work.spawn(tick_clock());
    for (const auto& one : members_) work.spawn(stay(*one));
    wake_.set();
    co_await io::race(work.join(), done_);
    work_ = nullptr;
  }
  terminal_->leave();
  terminal_.reset();
  if (wants_to_leave_) co_return interrupted;
  const membership& first = *members_.front();
  const bool was_never_in =
      std::ranges::none_of(members_, [](const auto& one) { return one->network->was_in(); });
  if (!was_never_in) co_return success;
  if (first.network->is_refused()) throw complaint(failure, first.network->reason());
  if (first.connection->failure()) std::rethrow_exception(first.connection->failure());
  co_return success;
}

io::task<void> chat_client::stay(membership& in) {
  co_await in.connection->run();
  in.ended = true;
  if (leaving_ && std::ranges::all_of(members_, [](const auto& one) { return one->ended; })) done_.set();
}

io::task<void> chat_client::read_keys() {
  for (;;) {
    const std::optional<screen::event> what = co_await terminal_->next();
    if (!what) break;
    handle(*what);
    wake_.set();
    typed_.set();
  }
  // Nobody is there any more.
  terminal_is_gone_ = true;
  leave("the terminal is gone");
  co_await io::sleep(goodbye);
  done_.set();
}

io::task<void> chat_client::draw_on() {
  for (;;) {
    co_await wake_;
    co_await io::end_of_turn();
    wake_.reset();
    typed_.reset();
    if (terminal_->has_next()) continue;
    ask_for_password();
    look();
    draw();
    co_await io::race(io::sleep(frame), typed_);
  }
}

io::task<void> chat_client::watch_signals() {
  io::signals signals{SIGINT, SIGTERM, SIGHUP};
  for (;;) {
    co_await signals.next();
    if (leaving_) break;
    leave("leaving");
  }
  done_.set();
}

/// A new day, or the countdown to the next attempt.
io::task<void> chat_client::tick_clock() {
  for (;;) {
    co_await io::sleep(std::chrono::seconds(1));
    remember();
    write_logs();
    if (std::ranges::any_of(members_,
                            [](const auto& one) {
                              return one->network->status() == chat_network::state::lost ||
                                     one->network->status() == chat_network::state::connecting;
                            }) ||
        now_on_the_wall() % 60'000 < 1'000)
      wake_.set();
  }
}

/// Where one is, for another time.
void chat_client::remember() {
  if (leaving_) return;
  for (const auto& one : members_)
    if (one->network->status() == chat_network::state::online)
      keep([&] { memory_.set_rooms(one->address, one->network->rooms_to_keep()); });
}

/// A disk that is full keeps nobody from talking.
void chat_client::keep(const std::function<void()>& what) {
  try {
    what();
    memory_fails_ = false;
  } catch (const std::runtime_error& e) {
    if (!std::exchange(memory_fails_, true)) tell(e.what());
  }
}

void chat_client::write_logs() {
  for (const auto& one : members_)
    if (one->log)
      for (const auto& where : one->network->conversations()) write_log(*one->log, *where);
}

void chat_client::write_log(chat_log& to, const conversation& where) {
  try {
    to.write(where);
  } catch (const io::error& e) {
    if (!std::exchange(log_fails_, true)) tell(e.what());
  }
}

bool chat_client::ignore(const std::string& mask) {
  std::vector<std::string> masks = network().ignored();
  if (std::ranges::find(masks, mask) != masks.end()) return false;
  masks.push_back(mask);
  network().set_ignored(masks);
  keep([&] { memory_.set_ignored(member_of(network()).address, masks); });
  return true;
}

bool chat_client::ignore_no_more(const std::string& mask) {
  std::vector<std::string> masks = network().ignored();
  if (std::erase(masks, mask) == 0) return false;
  network().set_ignored(masks);
  keep([&] { memory_.set_ignored(member_of(network()).address, masks); });
  return true;
}

void chat_client::log_here(bool logs) {
  membership& here = member_of(network());
  keep([&] { memory_.set_logs(here.address, logs); });
  here.log.reset();
  log_fails_ = false;
  if (logs) begin_log(here);
  tell(here.log ? fmt::format("What is said here is written to {}.", here.log->folder())
                : "What is said here is not written to files.");
}

void chat_client::begin_log(membership& of) {
  if (!log_folder_.empty())
    of.log = std::make_unique<chat_log>(fmt::format("{}/{}", log_folder_, file_name_of(of.address)));
}

void chat_client::start_here(bool starts) {
  keep([&] { memory_.set_start(member_of(network()).address, starts); });
  tell(starts ? "parlance chat without an address comes in here from now on."
              : "parlance chat without an address does not come in here.");
}

void chat_client::remember_nick(const std::string& nick) {
  keep([&] { memory_.set_nick(member_of(network()).address, nick); });
}

void chat_client::encrypted(chat_network& in, std::uint64_t seconds) {
  const membership& member = member_of(in);
  constexpr std::uint64_t longest = std::uint64_t{10} * 365 * 86'400;
  const auto until = now_on_the_wall() + static_cast<wall_time>(std::min(seconds, longest)) * 1000;
  keep([&] { memory_.set_tls_port(member.address, member.connection->to().at.port, until); });
}

void chat_client::leave(const std::string& why) {
  remember();
  write_logs();
  if (std::exchange(leaving_, true)) return done_.set();
  for (const auto& one : members_) {
    one->network->quit(why);
    one->connection->leave();
  }
  if (work_)
    work_->spawn([this]() -> io::task<void> {
      co_await io::sleep(goodbye);
      done_.set();
    });
}

chat_client::membership& chat_client::member_of(const chat_network& in) {
  return **std::ranges::find(members_, &in, [](const auto& one) { return one->network.get(); });
}

void chat_client::has_output() {
  for (const auto& one : members_)
    if (one->network->session().has_output() || one->network->status() == chat_network::state::online)
      one->connection->wake();
}

void chat_client::disconnect(chat_network& in, std::optional<std::uint16_t> tls_port) {
  for (const auto& one : members_)
    if (one->network.get() == &in) one->connection->disconnect(tls_port);
}

void chat_client::called(chat_network& in, conversation& where, const chat_entry& what) {
  const io::time_point now = io::loop::current().now();
  if (!terminal_ || has_focus_ || now - called_at_ < between_notices) return;
  called_at_ = now;
  const std::string from =
      where.what == conversation::kind::talk ? what.nick : fmt::format("{} in {}", what.nick, where.name);
  terminal_->notify(fmt::format("{} ({})", from, in.name()), what.text);
  terminal_->ring();
}

void chat_client::opened(chat_network& in, conversation& which) { show(in, which); }

void chat_client::dropped(chat_network& in, conversation& which) {
  if (chat_log* const log = member_of(in).log.get()) write_log(*log, which);
  if (before_ == &which) before_ = nullptr;
  if (typing_in_ == &which) typing_in_ = nullptr;
  popup_.reset();
  targets_.clear();  // until the next frame nothing is to be clicked
  if (active_ == &which) {
    conversation* next = nullptr;
    for (const auto& [network, one] : all_conversations())
      if (network == active_network_ && one != &which &&
          (!next || one == before_ || next->what == conversation::kind::server))
        if (next != before_ || !next) next = one;
    show(*active_network_, next ? *next : active_network_->server());
    before_ = nullptr;
  }
  views_.erase(&which);
}

conversation_view& chat_client::view_of(chat_network& in, conversation& of) {
  auto& there = views_[&of];
  if (!there) there = std::make_unique<conversation_view>(in, of);
  return *there;
}

conversation_view& chat_client::view() { return view_of(*active_network_, *active_); }

void chat_client::show(chat_network& in, conversation& which) {
  if (active_ == &which) return;
  view().choose_none();
  for (const auto& one : members_) one->network->look_at(nullptr);
  if (active_network_ != &in) active_network_->tell_in(nullptr);
  before_ = active_network_ == &in ? active_ : nullptr;
  active_network_ = &in;
  active_ = &which;
  in.tell_in(&which);
  links_are_numbered_ = wants_to_send_much_ = false;
  people_from_ = 0;
  look();
  wake_.set();
}

std::vector<std::pair<chat_network*, conversation*>> chat_client::all_conversations() const {
  std::vector<std::pair<chat_network*, conversation*>> all;
  for (const auto& one : members_)
    for (const auto& where : one->network->conversations()) all.emplace_back(one->network.get(), where.get());
  return all;
}

void chat_client::show_next(int by) {
  const auto all = all_conversations();
  const auto at = std::ranges::find(all, active_, [](const auto& one) { return one.second; }) - all.begin();
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  const auto& [in, which] = all[static_cast<std::size_t>((at + by + count) % count)];
  show(*in, *which);
}

/// Where one is meant first, then where anything is new.
void chat_client::show_unread() {
  const auto all = all_conversations();
  const auto best = std::ranges::max_element(
      all, {}, [](const auto& one) { return std::pair(one.second->mentions, one.second->unread); });
  if (best == all.end() || best->second->unread == 0) return tell("Nothing is new.");
  show(*best->first, *best->second);
}

/// What is seen is read.
void chat_client::look() {
  for (const auto& one : members_) {
    const bool here = one->network.get() == active_network_;
    one->network->look_at(here && has_focus_ && view().is_at_end() ? active_ : nullptr);
  }
}

void chat_client::ask_for_password() {
  if (question_ || popup_ || leaving_) return;
  for (const auto& one : members_) {
    if (!one->network->is_refused() || one->declined) continue;
    using refusal = irc_session::refusal;
    chat_network& in = *one->network;
    membership& member = *one;
    const refusal why = in.refusal();
    if (why != refusal::server_password && why != refusal::account && why != refusal::name) continue;
    const bool is_secret = why != refusal::name;
    const std::string asks =
        why == refusal::server_password ? fmt::format("Password of {}", in.name())
        : why == refusal::account
            ? fmt::format("Password of {}",
                          in.identity().account.empty() ? in.identity().nick : in.identity().account)
            : "Your name there";
    question_.emplace(asks, is_secret, [&member, why](const std::string& typed) {
      irc_identity& who = member.network->identity();
      if (typed.empty()) {
        member.declined = true;
        return;
      }
      if (why == refusal::server_password)
        who.server_password = typed;
      else if (why == refusal::account)
        who.password = typed;
      else
        who.nick = typed;
      member.connection->hurry();
      member.network->connecting();
    });
    return;
  }
}

void chat_client::log_in(const std::string& account) {
  chat_network& in = network();
  const std::string name = account.empty() ? in.nick() : account;
  question_.emplace(fmt::format("Password of {} on {}", name, in.name()), true,
                    [&in, name](const std::string& typed) {
                      if (!typed.empty()) in.log_in(name, typed);
                    });
}

void chat_client::say(std::string_view text, bool is_action) {
  conversation& where = room();
  if (where.what == conversation::kind::server)
    return tell("Nobody would hear it here: /join a #room, or /msg somebody. /help tells more.");
  if (where.what == conversation::kind::room && !where.is_joined && network().session().is_ready())
    return tell(fmt::format("You are not in {}: /join {} brings you in.", where.name, where.name));
  view().to_end();
  network().say(where, text, is_action);
}

}  // namespace parlance::cli
