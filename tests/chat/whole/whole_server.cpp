#include "chat/whole/whole_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/datagram.hpp>

#include "chat/store/faulty_vfs.hpp"
#include "chat/whole/attendant.hpp"
#include "chat/whole/controlled_world.hpp"
#include "chat/whole/inspection.hpp"
#include "chat/whole/visitor.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::chat::test {
namespace {

using namespace std::chrono_literals;
using io::task;

constexpr std::size_t most_visitors = 24;
constexpr int most_lives = 4;
constexpr const char* name_server = "127.0.0.1:5353";

/// Small, so that what bounds everything is met.
settings small_settings() {
  settings all;
  limits& bounds = all.limits;
  bounds.members = 12;
  bounds.rooms = 8;
  bounds.rooms_per_member = 5;
  bounds.sendq = 8192;
  bounds.list_modes = 4;
  bounds.monitor = 4;
  bounds.whowas = 4;
  bounds.metadata_keys = 3;
  bounds.multiline_lines = 3;
  bounds.connections_per_address = 8;
  bounds.exempt = {};
  bounds.topic = bounds.kick = bounds.away = 60;
  all.history.max_answer = 50;
  all.uploads.quota_per_person = 64 * 1024;
  all.uploads.quota = 256 * 1024;
  all.uploads.max_size = 20 * 1024;
  all.hooks.outgoing = hook_makers::room_operators;
  all.hooks.networks = all.push.networks = {"127.0.0.0/8"};
  all.tls.enabled = false;
  all.dnsbl.nameserver = name_server;
  all.operators["root"].password = hash_password(right_password);
  all.webirc["gate"].from = {"127.0.0.0/8"};
  all.webirc["gate"].password = hash_password(right_password);
  return all;
}

class trial {
 public:
  trial(std::span<const std::uint8_t> bytes, const maker_beside& beside)
      : make_beside_(beside), script_(bytes), world_(script_.next()) {
    settings_ = small_settings();
    if (script_.once_in(4)) settings_.accounts.require_sasl = true;
    if (script_.once_in(2)) settings_.store.durability = durability::power;
    if (script_.once_in(4)) settings_.history.before_join = before_join::joined;
    if (script_.once_in(4)) settings_.limits.message_rate = 0;
    if (script_.once_in(4)) settings_.uploads.uploaders = uploaders::everybody;
    if (script_.once_in(4)) settings_.server.international_names = false;
    if (script_.once_in(2)) {
      const auto what = static_cast<listed_are>(script_.below(3));
      settings_.blocklists["list"] = {
          .zone = "list.example.org", .answers = {}, .listed = what, .reason = "it is on a list"};
      settings_.blocklists["other"] = {.zone = "other.example.org",
                                       .answers = {"127.0.0.3"},
                                       .listed = listed_are::refused,
                                       .reason = "it is on another"};
    }
  }

  std::string run() {
    for (int life = 0; life < most_lives && wrong_.empty() && (life == 0 || !script_.is_over()); ++life)
      live_on(life);
    return wrong_;
  }

 private:
  enum class ending : unsigned char { drained, killed, power_cut };

  std::filesystem::path folder_of(int life) const { return folder_.path("life" + std::to_string(life)); }

  void say_wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  io::sim_options network() {
    io::sim_options how{.seed = script_.next()};
    how.max_delay = std::chrono::milliseconds(1 + script_.below(20));
    how.short_reads = script_.below(3) * 0.2;
    how.short_writes = script_.below(3) * 0.2;
    how.resets = script_.once_in(6) ? 0.01 : 0.0;
    how.buffer = script_.once_in(2) ? 1024 : 16'384;
    return how;
  }

  void live_on(int life) {
    const io::loop loop{{.backend = "sim", .sim = network(), .long_turn = io::unlimited}};
    world_.start();
    disk_.mend();
    disk_.expect_power_cut();
    io::wait(live(life));
    world_.stop();
    visitors_.clear();
    compare(folder_of(life + 1));
    if (script_.once_in(3))
      world_.go_on(std::chrono::hours(24) * script_.below(90));  // nobody starts it for so long
  }

  /// One life of a server, on what the last one left.
  task<void> live(int life) {
    bool stops = false;
    std::unique_ptr<beside_server> beside;  // before the server, whose callers it answers
    chat::log log({.level = make_beside_ ? log_level::info : log_level::error}, [&](std::string_view line) {
      if (is_error(line)) say_wrong(std::string(line));
      if (beside) beside->told(line);
    });
    server at({.settings = settings_,
               .store = std::make_unique<store>(store_options{
                   .folder = folder_of(life), .keeps = settings_.store.durability, .vfs = disk_.name()}),
               .log = log});
    if (make_beside_) beside = make_beside_(at, [&] { stops = true; });
    at.chat().on_stop = [&] { stops = true; };
    at.chat().on_rehash = [&](std::function<void(bool, std::string_view)> then) {
      asked_.push_back(std::move(then));
    };
    net::listener door = co_await net::listen("127.0.0.1:8000", {.on_pause = [](std::string_view) {}});
    net::listener program =
        co_await net::listen(std::string(receiver), {.on_pause = [](std::string_view) {}});
    net::datagram_socket names = co_await net::bind_datagram(name_server);
    io::scope work([this](std::exception_ptr failure) {
      try {
        std::rethrow_exception(std::move(failure));
      } catch (const std::exception& e) {
        say_wrong(fmt::format("the server ended: {}", e.what()));
      }
    });
    io::scope calls([](std::exception_ptr) {});
    calls.spawn(hear_hooks(program, calls));
    calls.spawn(answer_questions(names));
    work.spawn(at.accept(door));
    work.spawn(at.watch());
    if (beside) work.spawn(beside->keep());
    attendant console(at);
    if (life == 0) {
      for (const std::string& name : account_names()) obey(console, "/create " + name);
      for (const char* line : {"/token add ann", "/token add ben read"}) obey(console, line);
    }
    const int steps = 40 + static_cast<int>(script_.below(256));
    for (int i = 0; i < steps && !script_.is_over() && !stops && wrong_.empty(); ++i) {
      co_await step(at, console, calls);
      if (i % 4 == 0) say_if_wrong(inspect(at.chat()));
    }
    co_await end(at, work, door, life, calls);
  }

  /// "2027-01-15T08:00:00.000Z error ..."
  static bool is_error(std::string_view line) {
    const std::size_t at = line.find(' ');
    return at != line.npos && line.substr(at + 1).starts_with("error ");
  }

  void obey(attendant& console, const std::string& line) {
    if (is_told_) fmt::print("console > {}\n", line);
    around_.was_given_token(console.obey(line));
  }

  void say_if_wrong(std::string what) {
    if (!what.empty()) say_wrong(std::move(what));
  }

  visitor* somebody() {
    std::erase_if(visitors_, [this](const auto& v) {
      if (v->is_over()) remember(*v);
      return v->is_over();
    });
    return visitors_.empty() ? nullptr : visitors_[script_.below(visitors_.size())].get();
  }

  /// The program to whom hooks post: it takes, refuses, says something, or nothing.
  task<void> hear_hooks(net::listener& program, io::scope& calls) {
    for (;;) calls.spawn(answer_hook(co_await program.accept(), script_.below(8)));
  }

  /// The name server that is asked whether an address is on a list: it is, it is not, nobody can tell, or nonsense.
  task<void> answer_questions(net::datagram_socket& names) {
    constexpr std::string_view found("\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4\x7f\0\0\2", 16);
    for (;;) {
      const net::datagram asked = co_await names.recv_from();
      std::string answer(asked.data);
      if (answer.size() < 12) continue;
      const unsigned how = script_.below(8);
      answer[2] = static_cast<char>(0x81);
      answer[3] = static_cast<char>(how < 2 ? 0x80 : how < 4 ? 0x83 : 0x82);
      if (how < 2) (answer[7] = 1), answer += found;
      if (how == 6) answer.resize(answer.size() - script_.below(8) - 1);
      if (how != 7) co_await names.send_to(answer, asked.from);
    }
  }

  static task<void> answer_hook(net::stream caller, unsigned how) {
    static constexpr auto answers = std::to_array<std::string_view>(
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
         "16\r\n\r\n{\"text\":\"heard\"}",
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
         "17\r\n\r\n{\"text\":\"heard\"}",
         "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:8000/\r\nContent-Length: 0\r\n\r\n", "x"});
    static_cast<void>(co_await caller.recv());
    if (how < answers.size())
      co_await caller.send(answers[how]);
    else
      co_await io::sleep(100s);  // it is waited for no longer
    co_await caller.close();
  }

  void call(io::scope& calls) {
    if (visitors_.size() >= most_visitors) return;
    grammar words(script_, around_);
    visitor::traits its;
    const unsigned how = script_.below(8);
    its.speaks = how < 1   ? visitor::language::plain
                 : how < 3 ? visitor::language::http
                 : how < 4 ? visitor::language::websocket
                           : visitor::language::irc;
    its.nick = words.nick();
    if (its.speaks != visitor::language::plain && its.speaks != visitor::language::http && script_.once_in(2))
      its.account = its.nick = words.account();
    // Lists are asked only of those whose addresses are public.
    its.local = fmt::format("{}{}", script_.once_in(3) ? "192.0.2." : "127.0.0.", 1 + script_.below(4));
    its.answers_pings = !script_.once_in(8);
    visitors_.push_back(std::make_shared<visitor>(std::move(its), around_,
                                                  [this](std::string what) { say_wrong(std::move(what)); }));
    calls.spawn([](const std::shared_ptr<visitor>& one) -> task<void> { co_await one->visit(); },
                visitors_.back());
  }

  void speak(visitor& who) {
    if (who.sees().is_registered()) around_.own_nick = who.sees().nick();
    grammar words(script_, around_);
    if (who.is_http()) {
      const std::string asked = words.http();
      if (is_told_) fmt::print("> {}\n", asked.substr(0, 300));
      return who.send_raw(asked);
    }
    if (!who.is_irc()) return who.say(words.plain());
    if (script_.once_in(6)) {
      for (const std::string& line : words.irc_sequence()) say(who, line, false);
      return;
    }
    for (unsigned n = 1 + script_.below(4); n-- > 0;) say(who, words.irc(), script_.once_in(2));
  }

  void say(visitor& who, const std::string& line, bool label) {
    const std::string verb = line.substr(0, line.find(' '));
    if (same_name(verb, "CAP")) who.sees().asks_for_others();
    // What ends with another line, or is too long to be read, is not answered under its label.
    const bool is_plain = !same_name(verb, "BATCH") && line.size() < 400 && line.find('\0') == line.npos;
    if (is_told_) fmt::print("{} > {}\n", who.its().nick, line);
    who.say(line, label && is_plain);
  }

  void mangle(visitor& who) {
    grammar words(script_, around_);
    std::string line = who.is_http() ? words.http() : who.is_irc() ? words.irc() : words.plain();
    who.sees().asks_for_others();
    switch (script_.below(3)) {
      case 0:
        line.resize(line.size() * script_.below(256) / 256);
        break;
      case 1:
        line[script_.below(std::min<std::size_t>(line.size(), 255))] = static_cast<char>(script_.next());
        break;
      default:
        line.insert(0, 600, 'x');
    }
    if (script_.once_in(2)) line += "\r\n";
    who.send_raw(line);
  }

  task<void> step(server& at, attendant& console, io::scope& calls) {
    if (is_told_) fmt::print("-- step\n");
    for (const auto& then : std::exchange(asked_, {})) {
      obey(console, "/reload");
      then(true, "they were read again");
    }
    visitor* const who = somebody();
    const unsigned what = script_.below(32);
    if (!who || what < 3) {
      call(calls);
    } else if (what < 18) {
      speak(*who);
    } else if (what < 20) {
      mangle(*who);
    } else if (what == 20) {
      script_.once_in(2) ? who->reset() : who->hang_up();
    } else if (what < 23) {
      who->read(!script_.once_in(2));
    } else if (what < 25) {
      obey(console, grammar(script_, around_).console());
    } else if (what == 25) {
      disk_.fail({.nth = 1 + script_.below(40),
                  .how = script_.once_in(2) ? disk_fault::full : disk_fault::broken,
                  .lasting = script_.once_in(2)});
    } else if (what == 26) {
      disk_.mend();
    } else if (what == 27) {
      const auto by = std::chrono::hours(script_.below(60 * 24 / 256 + 1) * 256 + script_.next());
      const bool is_set_back = script_.once_in(8);
      world_.go_on(is_set_back ? -by : by);
      if (is_set_back) set_back_ += by;
      note_time();
    } else {
      constexpr std::array<io::duration, 4> lengths = {1ms, 50ms, 2s, 70s};
      co_await io::sleep(script_.pick(lengths) * static_cast<int>(1 + script_.below(4)));
    }
    if (!script_.once_in(3)) co_await io::sleep(1ms);
    static_cast<void>(at);
  }

  /// All have time to say and to hear everything.
  task<void> settle() {
    disk_.mend();
    for (const auto& v : visitors_) v->read(true);
    co_await io::sleep(200s);
    for (const auto& v : visitors_) {
      if (v->is_over() || !v->is_irc() || !v->has_said_all() || v->sees().is_told_the_end()) continue;
      if (const std::string label = v->sees().unanswered(); !label.empty())
        say_wrong(fmt::format("{} had no answer to the label {}", v->sees().nick(), label));
    }
  }

  task<void> end(server& at, io::scope& work, net::listener& door, int life, io::scope& calls) {
    const auto how = static_cast<ending>(script_.below(3));
    if (is_told_)
      fmt::print("life {} ends by {}, power {}, disk failed {}\n", life, static_cast<int>(how),
                 settings_.store.durability == durability::power, disk_.failures());
    if (wrong_.empty() && (how == ending::drained || script_.once_in(2))) co_await settle();
    say_if_wrong(inspect(at.chat()));
    if (how == ending::drained) {
      disk_.mend();
      at.on_api = {};
      at.on_api_token_ended = {};
      work.cancel();
      co_await work.join();
      door.close();
      co_await at.drain(5s, "closing");
      co_await io::sleep(30s);
      if (!at.callers().empty()) say_wrong("somebody is still there when the server has ended");
      for (const auto& v : visitors_)
        if (!v->is_over()) say_wrong(fmt::format("{} did not hear the end of the server", v->its().nick));
    }
    for (const auto& v : visitors_) remember(*v);
    calls.cancel();
    asked_.clear();  // nobody of this server is answered any more
    leave_behind(life, how);
  }

  /// What the next life finds.
  void leave_behind(int life, ending how) {
    std::filesystem::create_directory(folder_of(life + 1));
    if (const auto files = folder_of(life) / "uploads"; std::filesystem::exists(files))
      std::filesystem::copy(files, folder_of(life + 1) / "uploads", std::filesystem::copy_options::recursive);
    for (const char* name : {"chat.db", "chat.db-wal", "chat.db-turns", "search.db", "search.db-wal"}) {
      const std::filesystem::path from = folder_of(life) / name;
      if (!std::filesystem::exists(from)) continue;
      disk_.copy_after_power_cut(from, folder_of(life + 1) / name, [&](std::size_t unsynced) {
        const bool is_lost = how == ending::power_cut && settings_.store.durability == durability::power;
        return is_lost ? script_.below(std::min<std::size_t>(unsynced + 1, 256)) : 0;
      });
    }
  }

  void remember(visitor& v) {
    if (!v.is_irc()) return;
    for (const witness::heard& one : v.sees().in_lobby()) told_.emplace(one.id, one.text);
  }

  bool may_be_gone(entry_id id) const {
    const std::string name = msgid_of(id);
    return around_.has_forgotten || std::ranges::any_of(around_.redacted, [&](const std::string& line) {
             return line.contains(name);
           });
  }

  /// What is older than it by much may have been forgotten: by its id, which stays ahead when the clock is set back.
  void note_time() {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(clock::wall().time_since_epoch());
    latest_ = std::max(latest_, static_cast<entry_id>((now + set_back_).count()));
  }

  void compare(const std::filesystem::path& left) {
    std::map<entry_id, std::string> history;
    {
      store kept({.folder = left});
      for (const stored_entry& e : kept.read(lobby, {.limit = 100'000, .kinds = found_kinds}))
        history.emplace(e.id, e.text);
    }
    constexpr entry_id twenty_days = 20ULL * 86'400 * 1'000'000;
    note_time();
    for (const auto& [id, text] : told_) {
      if (may_be_gone(id) || id + twenty_days < latest_) continue;
      const auto found = history.find(id);
      if (found == history.end())
        return say_wrong(fmt::format("'{}' ({}) was told, and is not in the history", text, msgid_of(id)));
    }
    told_.clear();
  }

  const maker_beside& make_beside_;
  script script_;
  controlled_world world_;
  settings settings_;
  const net::test::temporary_folder folder_;
  faulty_vfs disk_;
  surroundings around_;
  std::vector<std::shared_ptr<visitor>> visitors_;
  std::map<entry_id, std::string> told_;  // of #lobby, in this life
  entry_id latest_ = 0;
  std::chrono::microseconds set_back_{};  // in all
  std::string wrong_;
  std::vector<std::function<void(bool, std::string_view)>> asked_;  // to read the settings again
  const bool is_told_ = std::getenv("PARLANCE_TELL") != nullptr;    // on stdout, what happens
};

}  // namespace

std::string try_whole_server(std::span<const std::uint8_t> bytes, const maker_beside& beside) {
  return trial(bytes, beside).run();
}

}  // namespace parlance::chat::test
