// Kept before told: whatever the network and the disk do, and whenever the server ends, everything that
// anybody has received is in the history, once, in the order in which it was received.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <parlance/chat/door/server.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>

#include "chat/store/faulty_vfs.hpp"
#include "io/seeds.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace std::chrono_literals;
using chat::test::disk_fault;
using io::task;

namespace {

constexpr std::uint64_t seeds_of_a_block = 2000;

/// What one client was told.
struct witness {
  std::string nick;
  std::string unread = {};
  std::vector<std::pair<chat::entry_id, std::string>> heard = {};  // msgid and text
  std::vector<std::string> refused = {};  // rooms to which something could not be kept

  void read(std::string_view bytes) {
    unread += bytes;
    for (std::size_t end; (end = unread.find("\r\n")) != std::string::npos; unread.erase(0, end + 2))
      take(std::string_view(unread).substr(0, end));
  }

  void take(std::string_view line) {
    if (line.find("FAIL PRIVMSG MESSAGE_NOT_KEPT") != std::string_view::npos) refused.emplace_back(line);
    const std::size_t text = line.find(" PRIVMSG #a :"), id = line.find("msgid=");
    if (text == std::string_view::npos || id == std::string_view::npos) return;
    heard.emplace_back(chat::parse_msgid(line.substr(id + 6, line.find_first_of("; ", id) - id - 6)),
                       line.substr(text + 13));
  }
};

task<void> speak(net::stream& s, witness& who, unsigned seed) {
  std::minstd_rand chance(seed);
  for (int i = 0; i < 6; ++i) {
    co_await io::sleep(std::chrono::milliseconds(chance() % 40));
    std::string lines;
    for (unsigned n = chance() % 3; n-- > 0;)
      lines += "PRIVMSG #a :" + who.nick + " " + std::to_string(i) + "." + std::to_string(n) + "\r\n";
    if (!lines.empty()) co_await s.send(lines);
  }
}

task<void> visit(witness& who, unsigned seed) {
  try {
    net::stream s = co_await net::connect(std::string("127.0.0.1:8000"), {.timeout = 5s});
    co_await s.send("CAP REQ :message-tags echo-message\r\nNICK " + who.nick +
                    "\r\nUSER x 0 * :x\r\nCAP END\r\nJOIN #a\r\n");
    io::scope talking([](std::exception_ptr) {});
    talking.spawn(speak(s, who, seed));
    for (std::string_view bytes; !(bytes = co_await s.recv()).empty();) who.read(bytes);
  } catch (const io::error&) {
    // The network was bad to it; what it heard before counts.
  }
}

/// One life of a server on `folder`, which ends when it pleases.
task<void> live(std::filesystem::path folder, const std::string& vfs, chat::test::faulty_vfs& disk,
                std::vector<witness>& all, std::mt19937_64& chance) {
  chat::server server(
      {.store = std::make_unique<chat::store>(chat::store_options{.folder = folder, .vfs = vfs})});
  net::listener listener = co_await net::listen("127.0.0.1:8000");
  io::scope work([](std::exception_ptr) {});
  work.spawn(server.accept(listener));
  for (witness& w : all) work.spawn(visit(w, static_cast<unsigned>(chance() | 1)));
  co_await io::sleep(std::chrono::milliseconds(chance() % 100));
  if (chance() % 4 != 0)
    disk.fail({.nth = 1 + chance() % 40,
               .how = chance() % 2 ? disk_fault::full : disk_fault::broken,
               .lasting = chance() % 2 == 0});
  co_await io::sleep(std::chrono::milliseconds(chance() % 200));
  disk.mend();
  co_await io::sleep(std::chrono::milliseconds(chance() % 100));
  // Everything ends here, as it is.
}

std::string compare(const std::vector<witness>& all, const std::filesystem::path& folder) {
  chat::store kept({.folder = folder});
  std::map<chat::entry_id, std::string> history;
  for (const chat::stored_entry& e : kept.read("#a", {.limit = 100'000, .kinds = chat::kind_bit(1)}))
    history.emplace(e.id, e.text);
  for (const witness& w : all) {
    chat::entry_id last = 0;
    for (const auto& [id, text] : w.heard) {
      if (id <= last) return w.nick + " heard '" + text + "' out of order, or twice";
      last = id;
      const auto found = history.find(id);
      if (found == history.end() || found->second != text)
        return w.nick + " heard '" + text + "', which is not in the history";
    }
  }
  return {};
}

std::string trial(std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  const net::test::temporary_folder folder;
  std::vector<witness> all = {{"ann"}, {"ben"}, {"cat"}};
  chat::test::faulty_vfs disk;
  {
    io::loop loop{{.backend = "sim",
                   .sim = {.seed = seed,
                           .max_delay = std::chrono::milliseconds(1 + chance() % 20),
                           .short_reads = 0.3,
                           .short_writes = 0.3,
                           .resets = chance() % 3 == 0 ? 0.02 : 0.0,
                           .buffer = 4096}}};
    io::wait(live(folder.path("data"), disk.name(), disk, all, chance));
  }
  return compare(all, folder.path("data"));
}

class kept_before_told : public testing::TestWithParam<std::uint64_t> {};

}  // namespace

TEST_P(kept_before_told, whatever_the_network_and_the_disk_do) {
  io::test::for_each_seed(seeds_of_a_block,
                          [&](std::uint64_t seed) { return trial(seed + GetParam() * seeds_of_a_block); });
}

INSTANTIATE_TEST_SUITE_P(blocks, kept_before_told, testing::Range<std::uint64_t>(0, 5));
