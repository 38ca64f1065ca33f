#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/chat/web/pages.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/adopt.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/handover.hpp>
#include <parlance/net/listener.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/chat/console.hpp>
#include <cli/screen/job.hpp>
#include <cli/screen/status_row.hpp>
#include <cli/screen/terminal.hpp>
#include <cli/serve/admin_door.hpp>
#include <cli/serve/api.hpp>
#include <cli/serve/certificates.hpp>
#include <cli/serve/guarded_keys.hpp>
#include <cli/serve/join_addresses.hpp>
#include <cli/serve/motd_file.hpp>
#include <cli/serve/named_things.hpp>
#include <cli/serve/operator_console.hpp>
#include <cli/serve/qr_code.hpp>
#include <cli/serve/serve_config.hpp>
#include <cli/serve/service_manager.hpp>
#include <cli/serve/setup.hpp>
#include <cli/serve/successor.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "A chat that anybody can join on one port: with any IRC client, also over TLS and WebSocket, with nc, "
    "with\n"
    "a script that opens a socket, with parlance chat.\n"
    "\n"
    "What a caller says is heard by everybody else in #lobby; /help tells callers what else they can do.\n"
    "What is said is kept, and nobody is told of it before it is.\n";

constexpr const char* more =
    "ADDR is :PORT (every interface, IPv4 and IPv6), HOST:PORT, [IPv6]:PORT or unix:/PATH. Port 0 takes any "
    "free one.\n"
    "How others can join is printed at the start, ready to paste.\n"
    "\n"
    "A line is a message. From a caller that has not sent a newline yet, so is a text that nothing follows "
    "for 0.15 s\n"
    "(1 s if it may be the beginning of IRC, HTTP or a login; a /login needs its newline); it is taken for a "
    "program, and\n"
    "hears its own messages as the room hears them. A lone Q or q leaves. What begins like a login (PASS, NS "
    "IDENTIFY, ...)\n"
    "is not said.\n"
    "\n"
    "At a terminal you are the operator: a line is said to the lobby, and /help tells the rest: /to, /me, "
    "/who,\n"
    "/kick, /ban, /unban, /bans, /announce, /rooms, /room, /op, /topic, /accounts, /account, /hook, "
    "/token,\n"
    "/audit, /stats, /reload, /quit.\n"
    "The last row tells how many people and rooms there are, how much is said, and how late the server's "
    "timers "
    "are.\n"
    "With --console, a script is: lines from stdin are the operator's, and what callers say goes to stdout, "
    "one\n"
    "line each, answers with -- in front; the end of stdin ends only the console. Without either, stdin is "
    "left alone.\n"
    "\n"
    "/quit, Ctrl-D, SIGINT and SIGTERM end it politely: nobody else is taken, everybody is told, what is due "
    "is sent,\n"
    "and it exits with 0. So does the end of its terminal, unless it is in the background there. A second "
    "signal ends it\n"
    "at once, with 130.\n"
    "\n"
    "SIGHUP reads the configuration, the message of the day and the certificate again, without dropping "
    "anybody.\n"
    "SIGUSR2 has the program that is there now, as after an upgrade, take over: listeners stay open, and so "
    "do\n"
    "connections in plain text and IRC without TLS; others are told to come back.\n"
    "\n"
    "Exit codes: 0 ended, 1 failure, 2 usage, 3 no such host, 4 cannot listen there, 130 ended by a second "
    "signal.";

/// Of which nothing tells; it is no path.
constexpr const char* unknown_folder = "\n";

struct serve_command {
  std::string address;  // empty: those of the settings
  serve_config config;
  chat::settings settings;
  bool console = false;
  bool quiet = false;
  bool verbose = false;
  double grace = 5;

  /// What was chosen, as the file says it now, without what other files say. `unsaid`: what holds where
  /// nothing is said. Throws `complaint`, also where nobody has said, and nothing tells, which folder it is
  /// kept in: nobody is to lose a chat for that.
  chat::settings chosen_now(chat::settings unsaid = default_settings()) const {
    if (unsaid.store.folder.empty()) unsaid.store.folder = unknown_folder;
    chat::settings chosen = config.settings(std::move(unsaid));
    if (chosen.store.folder == unknown_folder) {
      constexpr const char* why =
          "neither $STATE_DIRECTORY nor $XDG_DATA_HOME nor $HOME tells where to keep the chat; name a folder "
          "with --data DIR, or keep it in memory, until the end, with --set store.folder=";
      if (!config.print) throw complaint(usage, why);
      fmt::print(stderr, "parlance serve: {}\n", why);
      chosen.store.folder.clear();
    }
    if (address.empty()) return chosen;
    net::address::parse(address);
    chosen.server.listen = {address};
    return chosen;
  }
};

/// A pipe that was read at the start has no more to give, and one without a writer would keep the server
/// waiting.
void expect_readable_again(const std::string& file) {
  struct stat found{};
  if (file.empty() || ::stat(file.c_str(), &found) != 0) return;  // reading it will say why
  if (!S_ISREG(found.st_mode)) throw complaint(failure, fmt::format("{} is not a regular file", file));
}

/// One that is empty is being written, as a rule: it is given a moment.
constexpr io::duration time_to_be_written = std::chrono::milliseconds(300);

bool is_empty(const std::string& file) {
  struct stat found{};
  return !file.empty() && ::stat(file.c_str(), &found) == 0 && found.st_size == 0;
}

/// One that does not, but did, was cut inside its last line, as a rule.
bool ends_with_newline(const std::string& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
  if (found.st_size == 0) return true;  // there is no line
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  return in.seekg(-1, std::ios::end).get() == '\n';
}

/// A file that says no more of what guards the server was cut, as a rule. Throws `complaint`.
void expect_guards_said(const serve_command& of, const chat::settings& next, const chat::settings& now) {
  const std::vector<std::string> changed = changed_guards(now, next);
  if (changed.empty()) return;
  const std::vector<std::string> said = changed_guards(now, of.chosen_now(with_guards_of(now)));
  for (const std::string& key : changed)
    if (std::ranges::find(said, key) == said.end())
      throw complaint(failure, fmt::format("{} does not say any more what {} shall be; write it there",
                                           of.config.file, key));
}

/// Puts back what a running server cannot change, and names it.
std::vector<std::string> keep_settled(chat::settings& next, const chat::settings& now) {
  std::vector<std::string> kept;
  const auto keep = [&](const char* name, auto& changed, const auto& old) {
    if (changed == old) return;
    changed = old;
    kept.emplace_back(name);
  };
  keep("server.name", next.server.name, now.server.name);
  keep("server.listen", next.server.listen, now.server.listen);
  keep("server.threads", next.server.threads, now.server.threads);
  keep("console.enabled", next.console.enabled, now.console.enabled);
  keep("console.socket", next.console.socket, now.console.socket);
  keep("console.group", next.console.group, now.console.group);
  keep("store.folder", next.store.folder, now.store.folder);
  keep("store.durability", next.store.durability, now.store.durability);
  return kept;
}

io::duration as_duration(double seconds) {
  return std::chrono::duration_cast<io::duration>(std::chrono::duration<double>(seconds));
}

/// Each caller is a descriptor, and the soft limit of 1,024 is there for programs that use select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Throws store_error, which says what to do.
std::unique_ptr<chat::store> open_store(const chat::settings& of) {
  return std::make_unique<chat::store>(
      chat::store_options{.folder = of.store.folder, .keeps = of.store.durability});
}

/// One run of the verb: the server, and where its words go.
class run {
 public:
  run(const serve_command& command, const successor& next, std::optional<chat::carried> left)
      : command_(command),
        successor_(next),
        left_(std::move(left)),
        has_console_(command.console || console::is_attended()),
        console_(console::can_edit(), "> "),
        store_(open_store(command.settings)),
        certificates_(open_certificates(command.settings)),
        server_({.settings = command.settings,
                 .store = std::move(store_),
                 .tls = certificates_ ? certificates_->current() : nullptr,
                 .log = make_log(command.settings),
                 .people = left_ ? std::move(left_->people) : std::vector<chat::carried_person>()}) {
    server_.chat().on_rehash = [this](std::function<void(bool, std::string_view)> then) {
      constexpr std::size_t most = 16;  // of those who ask while it is being done
      if (askers_.size() == most) return then(false, "too many wait for that already; try again later");
      askers_.push_back(std::move(then));
      rehash_.set();
    };
  }

  io::task<int> serve() {
    const auto stop = [] { ::kill(::getpid(), SIGTERM); };
    server_.chat().on_stop = stop;
    api_ = std::make_unique<operator_api>(server_, stop);
    background_.spawn(console_.run());
    background_.spawn(errors_.run());
    auto opened = co_await io::race(open_doors(), told_to_stop());
    if (opened.index() == 1) co_return success;
    std::vector<net::listener> doors = std::get<0>(std::move(opened));
    if (left_) go_on();
    std::vector<net::endpoint> heres;
    for (const net::listener& door : doors) heres.push_back(door.local());
    show_qr_code(heres);
    for (const net::endpoint& here : heres) tell_how_to_join(here);
    if (command_.settings.store.folder.empty())
      tell("store.folder is empty, so the chat is kept in memory only, and gone at the end");
    {
      io::scope work;
      for (net::listener& door : doors) work.spawn(server_.accept(door));
      work.spawn(wait_for_signal(work));
      work.spawn(server_.watch());
      work.spawn(watch_certificates());
      work.spawn(reload_when_asked());
      work.spawn(upgrade_when_asked(work));
      work.spawn(
          serve_admins(server_, [this](std::string_view why) { warn(why); }, [&work] { work.cancel(); }));
      work.spawn(manager_.feed_watchdog());
      work.spawn(api_->keep());
      if (has_console_) work.spawn(obey_operator(work));
      if (console_.edits() && screen::terminal::usable()) work.spawn(show_status());
      manager_.ready(fmt::format("listening on {}", fmt::join(names_of(heres), ", ")));
      co_await work.join();
    }
    if (!is_upgrading_) manager_.stopping();
    server_.on_api = {};
    server_.on_api_token_ended = {};
    if (is_upgrading_) co_await give_place(doors);
    doors.clear();
    const int result = co_await drain();
    co_await console_.flush(std::chrono::seconds(1));
    co_await errors_.flush(std::chrono::seconds(1));
    co_return result;
  }

 private:
  /// What systemd listens on for this server (socket activation), which holds whatever the settings say.
  std::vector<net::listener> passed_listeners() {
    std::vector<net::listener> all;
    for (net::passed_listener& one :
         net::systemd_listeners({.on_pause = [this](std::string_view why) { warn(why); }}))
      all.push_back(std::move(one.listener));
    return all;
  }
  /// Names may have to be looked up, and an address waited for.
  io::task<std::vector<net::listener>> open_doors() {
    std::vector<net::listener> doors = passed_listeners();
    if (left_)
      for (auto& [descriptors, owns_file] : left_->listeners)
        doors.push_back(net::adopt_released(std::move(descriptors), owns_file,
                                            {.on_pause = [this](std::string_view why) { warn(why); }}));
    if (doors.empty())
      for (const std::string& address : command_.settings.server.listen)
        doors.push_back(co_await net::listen(
            address,
            {.patience = patience_at(address), .on_pause = [this](std::string_view why) { warn(why); }}));
    co_return doors;
  }
  static std::vector<std::string> names_of(const std::vector<net::endpoint>& all) {
    std::vector<std::string> names;
    for (const net::endpoint& one : all) names.push_back(one.to_string());
    return names;
  }

  void warn(std::string_view text) { note(fmt::format("parlance serve: {}\n", text)); }
  void detail(std::string_view text) {
    if (command_.verbose) note(fmt::format("parlance serve: {}\n", text));
  }
  chat::log make_log(const chat::settings& of) {
    chat::log_level level = of.log.level;
    // Who sits at the terminal is not to be disturbed by everybody who comes and goes.
    if (command_.quiet || console_.edits()) level = std::min(level, chat::log_level::warn);
    if (command_.verbose) level = chat::log_level::debug;
    return chat::log({.level = level, .format = of.log.format}, [this](std::string_view line) {
      note(line);
      if (api_) api_->told(line);
    });
  }

  /// Reads the configuration and the certificates again, and lets them hold for everybody who is there. What
  /// is wrong changes nothing. Gives whether it is done, and how it went.
  std::pair<bool, std::string> reload() {
    try {
      expect_readable_again(command_.config.file);
      const bool is_whole = ends_with_newline(command_.config.file);
      if (was_whole_ && !is_whole)
        throw complaint(failure, fmt::format("{} does not end with a newline any more, so it may be cut; end "
                                             "its last line",
                                             command_.config.file));
      chat::settings next = command_.chosen_now();
      expect_guards_said(command_, next, server_.configured());
      for (const std::string& file : {next.server.motd_file, next.tls.certificate, next.tls.key})
        expect_readable_again(file);
      read_motd_file(next);
      const std::vector<std::string> later = keep_settled(next, server_.configured());
      if (!same_certificates(next, server_.configured()))
        certificates_ = open_certificates(next);
      else if (certificates_ && !(next.tls.certificate.empty() && next.store.folder.empty()))
        certificates_->reload();
      server_.use(certificates_ ? certificates_->current() : nullptr);
      server_.log() = make_log(next);
      server_.use(std::move(next));
      was_whole_ = is_whole;
      if (!later.empty()) warn(fmt::format("{} will change at the next start", fmt::join(later, ", ")));
      constexpr std::string_view done = "the configuration has been read again";
      tell(done);
      return {true, later.empty()
                        ? std::string(done)
                        : fmt::format("{}; {} will change at the next start", done, fmt::join(later, ", "))};
    } catch (const std::exception& e) {
      std::string why = fmt::format("the configuration stays as it was: {}", e.what());
      warn(why);
      return {false, std::move(why)};
    }
  }

  /// Not where it is asked for: a command that is being obeyed may look at the settings.
  io::task<void> reload_when_asked() {
    for (;;) {
      co_await rehash_;
      rehash_.reset();
      if (is_empty(command_.config.file)) co_await io::sleep(time_to_be_written);
      manager_.reloading();
      const auto [done, how] = reload();
      chat::audit(server_.chat(), {.who = std::string(chat::operator_name),
                                   .from = "settings",
                                   .does = "reload",
                                   .to = how,
                                   .is_operators = true});
      manager_.ready(how);
      for (const auto& then : std::exchange(askers_, {})) then(done, how);
    }
  }

  /// Not for a program that would not start: then this one goes on.
  io::task<void> upgrade_when_asked(io::scope& work) {
    for (;;) {
      co_await upgrade_;
      upgrade_.reset();
      try {
        co_await successor_.try_out();
        is_upgrading_ = true;
        co_return work.cancel();
      } catch (const complaint& e) {
        warn(e.what());
      }
    }
  }

  /// To the program that is where this one was started from. Does not come back, but to end: what has gone along is nobody's
  /// here any more.
  io::task<void> give_place(std::vector<net::listener>& doors) {
    manager_.reloading();
    tell(
        "another version of the program takes over; nobody who speaks plain text or IRC without TLS is "
        "dropped");
    chat::carried all =
        co_await server_.let_go(as_duration(std::min(command_.grace, 2.0)),
                                chat::plain_notice("The server is upgraded. Come back in a moment."));
    const auto take_along = [&](net::stream caller) {
      try {
        auto [descriptor, unread] = caller.detach().release();
        all.newcomers.push_back({descriptor, std::move(unread)});
      } catch (const io::error& e) {
        detail(e.what());
      }
    };
    for (net::listener& door : doors) {
      net::released_listener going = net::release(door);
      all.listeners.push_back({std::move(going.descriptors), going.owns_file});
      for (net::stream& caller : going.callers) take_along(std::move(caller));
    }
    if (console_.edits()) console_.draw(status_.hidden());
    co_await console_.flush(std::chrono::seconds(1));
    co_await errors_.flush(std::chrono::seconds(1));
    manager_.hand_on();
    successor_.take_over(all);
  }

  /// With whom the program before has left.
  void go_on() {
    server_.go_on(std::move(left_->callers));
    for (auto& [descriptor, unread] : left_->newcomers) try {
        server_.welcome(net::adopt_stream(descriptor, std::move(unread)));
      } catch (const io::error& e) {
        detail(e.what());
      }
    left_.reset();
  }

  /// Renewed certificates are taken up by themselves.
  io::task<void> watch_certificates() {
    for (;;) {
      co_await io::sleep(std::chrono::seconds(10));
      if (!certificates_ || !certificates_->changed()) continue;
      try {
        certificates_->reload();
        server_.use(certificates_->current());
        tell(fmt::format("the certificate has changed; its SHA-256 is {}", server_.tls()->fingerprint()));
      } catch (const io::error& e) {
        warn(fmt::format("the certificate stays as it was: {}", e.what()));
      }
    }
  }

  void tell(std::string_view text) {
    if (!command_.quiet) note(fmt::format("parlance serve: {}\n", text));
  }
  /// To stderr; by way of the console when that is the same terminal.
  void note(std::string_view line) {
    if (console_.edits() && ::isatty(STDERR_FILENO)) return console_.print(line);
    errors_.print(line);
  }

  /// A script's stdout is for what callers say.
  bool is_scripted() const { return has_console_ && !console_.edits(); }

  /// Of the first address at which others find the page.
  void show_qr_code(const std::vector<net::endpoint>& heres) {
    const chat::settings& at = server_.configured();
    if (command_.quiet || !at.server.qr_code) return;
    for (const net::endpoint& here : heres) {
      const net::endpoint shown = reachable_at(here).front();
      const std::string page = with_browser(shown, at.tls.only);
      if (page.empty() || shown.is_loopback()) continue;
      const std::string code = qr_code_on_terminal(page, is_scripted() ? STDERR_FILENO : STDOUT_FILENO);
      return is_scripted() ? errors_.draw(code) : console_.draw(code);
    }
  }

  void tell_how_to_join(const net::endpoint& here) {
    std::string text = fmt::format("parlance serve: listening on {}; join with any of\n", here.to_string());
    const bool only_tls = server_.configured().tls.only;
    const std::vector<net::endpoint> reachable = reachable_at(here);
    for (const net::endpoint& at : reachable)
      if (const std::string page = with_browser(at, only_tls); !page.empty())
        text += fmt::format("  {}\n", page);
    for (const net::endpoint& at : reachable)
      text += only_tls ? fmt::format("  {}\n", chat::how_to_join_by_tls(at))
                       : fmt::format("  {}\n  {}\n", with_nc(at), with_parlance(at));
    if (server_.tls())
      text +=
          fmt::format("{} there; the certificate's SHA-256 is {}\n",
                      only_tls ? "Only TLS is spoken" : "TLS is spoken, too,", server_.tls()->fingerprint());
    if (server_.tls() && is_made_on_the_spot(server_.configured()) && !with_browser(here, true).empty())
      text += fmt::format(
          "Browsers will say that {} is not private, since this server made the certificate "
          "itself: compare the SHA-256 in the certificate's details, and go on.\n",
          with_browser(reachable.front(), true));
    if (console_.edits()) text += "What you type is said to the lobby; /help tells what else you can do.\n";
    if (!command_.quiet) is_scripted() ? errors_.print(text) : console_.print(text);
    const io::loop& loop = io::loop::current();
    if (!loop.fallback_reason().empty()) detail("waits with epoll: " + loop.fallback_reason());
  }

  io::task<void> obey_operator(io::scope& work) {
    // At a terminal that stderr is, too, what is told there is shown there.
    operator_.emplace(server_,
                      operator_console::view{.hears = [this](std::string_view s) { console_.print(s); },
                                             .sees_comings = console_.edits(),
                                             .sees_stderr = console_.edits() && ::isatty(STDERR_FILENO)});
    operator_->enter_lobby();
    for (std::string line; co_await console_.read_line(line);) {
      const operator_answer answer = co_await operator_->obey(line);
      console_.print(answer.text);
      if (answer.ends) co_return work.cancel();
    }
    if (console_.edits() && !console_.was_left()) work.cancel();
  }

  /// How the server is just now, once a second.
  io::task<void> show_status() {
    constexpr io::duration often = std::chrono::seconds(1);
    constexpr int rarely = 10;  // seconds: somebody may have cleared the screen
    std::string before;
    std::uint64_t told = server_.chat().count.messages_in.value();  // by the last row
    for (int unchanged = 0;; ++unchanged) {
      const io::time_point due = io::loop::current().now() + often;
      co_await io::sleep_until(due);
      const chat::hub& chat = server_.chat();
      const io::duration late = io::loop::current().now() - due;
      const std::uint64_t all = chat.count.messages_in.value(), said = all - std::exchange(told, all);
      std::string now = fmt::format("{} people, {} rooms, {} messages/s, {} ms late",
                                    chat.people().all().size(), chat.rooms().all().size(), said,
                                    std::chrono::duration_cast<std::chrono::milliseconds>(late).count());
      if (io::in_background(STDIN_FILENO) || (now == before && !status_.is_lost() && unchanged < rarely))
        continue;
      console_.draw(status_.shown(now));
      before = std::move(now);
      unchanged = 0;
    }
  }

  io::task<void> wait_for_signal(io::scope& work) {
    for (;;) {
      const int number = co_await signals_.next();
      if (number == SIGINT || number == SIGTERM) co_return work.cancel();
      if (number == SIGHUP) rehash_.set();
      if (number == SIGUSR2) upgrade_.set();
      if (number == SIGWINCH || number == SIGCONT) status_.lost();
      if (number == SIGTSTP) {
        console_.draw(status_.hidden());
        co_await console_.flush(std::chrono::seconds(1));
        screen::stop_job();
        continue;
      }
      console_.signalled(number);
    }
  }

  io::task<void> told_to_stop() {
    for (int number = 0; number != SIGINT && number != SIGTERM;) number = co_await signals_.next();
  }

  io::task<int> drain() {
    bool again = false;
    io::context patience;
    io::scope impatience;
    impatience.spawn([&]() -> io::task<void> {
      co_await told_to_stop();
      again = true;
      patience.cancel();
    });
    try {
      co_await io::run_in(patience, server_.drain(as_duration(command_.grace),
                                                  chat::plain_notice("The server is closing. Goodbye.")));
    } catch (const io::error& e) {
      if (!again) throw;
    }
    co_return again ? interrupted : success;
  }

  const serve_command& command_;
  const service_manager manager_;
  const successor& successor_;
  std::optional<chat::carried> left_;  // by the program before, until it is taken up
  io::signals signals_{SIGINT, SIGTERM, SIGWINCH, SIGCONT, SIGHUP, SIGTSTP, SIGUSR2};
  const bool has_console_;
  screen::status_row status_{STDOUT_FILENO};
  console console_;
  line_printer errors_{STDERR_FILENO};
  std::unique_ptr<chat::store> store_;  // until the server has it
  std::unique_ptr<net::reloading_tls_context> certificates_;
  std::unique_ptr<operator_api> api_;  // before the server, whose callers it answers
  chat::server server_;
  io::event rehash_, upgrade_;
  bool is_upgrading_ = false;
  std::vector<std::function<void(bool, std::string_view)>> askers_;  // who are told how it went
  bool was_whole_ = ends_with_newline(command_.config.file);         // when it was read last
  std::optional<operator_console> operator_;
  io::scope background_;
};

void add_shortcuts(CLI::App& verb, serve_config& config) {
  add_shortcut(verb, config, "--data", "store.folder")
      ->type_name("DIR")
      ->default_str("$STATE_DIRECTORY, or parlance in $XDG_DATA_HOME or ~/.local/share");
  add_shortcut(verb, config, "--threads", "server.threads");
  add_shortcut(verb, config, "--max-people", "limits.members");
  add_shortcut(verb, config, "--max-line", "limits.line");
  add_shortcut(verb, config, "--sendq", "limits.sendq");
  add_shortcut(verb, config, "--rate", "limits.message_rate");
  add_shortcut(verb, config, "--burst", "limits.message_burst");
}

}  // namespace

void add_serve(CLI::App& program, int& result) {
  const auto command = std::make_shared<serve_command>();
  CLI::App* verb = program.add_subcommand("serve", about);
  verb->footer(more);
  verb->add_option("ADDR", command->address, "Where to listen")->default_str(":8000");
  verb->add_flag("--console", command->console,
                 "Take the operator's lines from stdin although it is no terminal");
  verb->add_option("--grace", command->grace,
                   "At the end, wait no longer for callers to take what is due to them")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  CLI::Option* quiet = verb->add_flag("-q,--quiet", command->quiet, "Tell only what went wrong");
  verb->add_flag("-v,--verbose", command->verbose, "Tell who calls and how each call ends, on stderr")
      ->excludes(quiet);
  add_configuration_options(*verb, command->config);
  add_shortcuts(*verb, command->config);
  verb->callback([command, &result] {
    try {
      const successor next;
      if (command->config.hash_password) return fmt::print("{}\n", hash_typed_password());
      if (command->config.set_up) return set_up(command->config.file, command->config.changes);
      command->settings = command->chosen_now();  // once: the file may be a pipe
      if (command->config.check)
        if (const std::vector<std::string> wrong = unusable_things(command->settings); !wrong.empty())
          throw complaint(usage, fmt::format("{}", fmt::join(wrong, "\n")));
      if (command->config.tell(command->settings)) return;
      read_motd_file(command->settings);
      raise_descriptor_limit();
      run whole(*command, next, left_by_predecessor());
      result = io::wait(whole.serve());
    } catch (...) {
      result = report_failure("serve");
    }
  });
}

}  // namespace parlance::cli
