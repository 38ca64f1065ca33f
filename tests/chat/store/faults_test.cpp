// What the store keeps when the disk fails at each of its operations, and when the process is killed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using namespace parlance::chat::test;
using parlance::net::test::temporary_folder;

namespace {

/// What a store should hold.
struct model {
  std::map<std::string, std::vector<entry_id>> conversations;
  std::map<std::string, std::string> documents;

  bool operator==(const model&) const = default;
};

std::string text_of(entry_id id) { return "said at " + std::to_string(id) + std::string(id % 7 * 100, '.'); }

model contents(store& of) {
  model all;
  for (const char* name : {"#a", "#b", "#c"})
    for (const stored_entry& e : of.read(name, {.limit = 10'000})) {
      EXPECT_EQ(e.text, text_of(e.id));
      all.conversations[name].push_back(e.id);
    }
  of.each("x", [&](std::string_view key, std::string_view value) { all.documents.emplace(key, value); });
  return all;
}

/// What a kill would leave behind: the files as they are now.
void copy_files(const temporary_folder& from, const temporary_folder& to) {
  for (const char* name : {"chat.db", "chat.db-wal", "chat.db-turns"})
    if (std::filesystem::exists(from.path(name))) std::filesystem::copy_file(from.path(name), to.path(name));
}

/// The same, opened by the next process.
model after_a_kill(const temporary_folder& folder) {
  const temporary_folder grave;
  const faulty_vfs disk;  // which waits for nothing
  copy_files(folder, grave);
  store next({.folder = grave.path(""), .vfs = disk.name()});
  return contents(next);
}

/// What a turn changes beside saying something, which is kept sooner or later even when the turn is not.
void change(int turn, model& in) {
  if (turn % 2) return;
  in.documents["turn"] = std::to_string(turn);
  auto& a = in.conversations["#a"];
  if (turn == 2 && a.size() > 3) a.erase(a.begin() + 3);
  if (turn == 4) in.conversations["#c"] = std::exchange(in.conversations["#b"], {});
  std::erase_if(in.conversations, [](const auto& c) { return c.second.empty(); });
}

/// A turn of the hub's, on a store and on its model alike. Some only say something, and that within what ids
/// are taken for already.
void make_turn(int turn, store& on, model& expected) {
  const auto say = [&](const std::string& where, const entry_id id) {
    const std::string text = text_of(id);
    on.append(where, {.id = id, .kind = 1, .source = "alice!a@host", .text = text});
    expected.conversations[where].push_back(id);
  };
  const auto now =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(1'000'000'000 + turn * 400));
  for (int i = 0; i < 20; ++i) say(i % 3 ? "#a" : "#b", on.next_id(now));
  if (turn % 2) return;
  on.put("x", "turn", std::to_string(turn));
  if (turn == 2) on.remove("#a", expected.conversations["#a"][3]);
  if (turn == 4) on.rename("#b", "#c");
  change(turn, expected);
}

/// Six turns, of which those that fail are checked to have said nothing; returns how many did not.
int run_turns(store& on, const temporary_folder& folder, faulty_vfs& disk, const disk_fault& fault) {
  int turns_kept = 0;
  model kept = contents(on), on_disk = kept;
  std::vector<model> doubtful;
  for (int turn = 1; turn <= 6; ++turn) {
    model next = kept;
    const std::uint64_t failures = disk.failures();
    make_turn(turn, on, next);
    try {
      on.commit();
      on_disk = kept = next;
      doubtful.clear();
      ++turns_kept;
    } catch (const store_error& why) {
      if (fault.lasting) doubtful.push_back(next);
      change(turn, kept);
      EXPECT_GT(disk.failures(), failures) << why.what();
      EXPECT_NE(why.kind(), store_error::trouble::unusable);
      if (fault.how == disk_fault::broken)
        EXPECT_NE(std::string(why.what()).find("SQLite's error"), std::string::npos) << why.what();
    }
    // While a disk goes on failing, a turn that did all but wait for it stays in doubt, whole.
    const model dead = after_a_kill(folder);
    EXPECT_TRUE(dead == on_disk || dead == kept || std::ranges::find(doubtful, dead) != doubtful.end())
        << "turn " << turn;
    EXPECT_EQ(contents(on), kept) << "turn " << turn;
    if (turn == 4) try {
        checkpoint(on.options());
      } catch (const store_error&) {  // and nothing is lost by it
      }
    if (disk.failures() > 0 && turn > 2) disk.mend();
  }
  if (on.dirty()) on.commit();  // what the last one has changed, should it have failed
  return turns_kept;
}

/// One life of a store on a disk that fails at some point; returns how many operations it had.
std::uint64_t live(const disk_fault& fault, durability keeps) {
  const temporary_folder folder;
  faulty_vfs disk;
  const store_options options{.folder = folder.path(""), .keeps = keeps, .vfs = disk.name()};
  disk.fail(fault);
  std::optional<store> kept;
  std::uint64_t operations = 0;
  try {
    kept.emplace(options);
  } catch (const store_error& why) {
    EXPECT_GT(disk.failures(), 0U) << why.what();
    EXPECT_EQ(why.kind(), store_error::trouble::unusable);
    operations = disk.operations();
    disk.mend();
    kept.emplace(options);
  }
  model before_the_end;
  {
    EXPECT_GE(run_turns(*kept, folder, disk, fault), fault.lasting ? 3 : 5);
    before_the_end = contents(*kept);
  }
  kept.reset();
  operations += disk.operations();
  disk.mend();
  store again(options);
  EXPECT_EQ(contents(again), before_the_end);
  return operations;
}

class each_fault : public testing::TestWithParam<std::tuple<disk_fault::kind, bool, durability>> {};

}  // namespace

TEST_P(each_fault, keeps_each_turn_whole_or_not_at_all) {
  const auto [how, lasting, keeps] = GetParam();
  std::uint64_t nth = 1;
  for (;; ++nth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    if (live({.nth = nth, .how = how, .lasting = lasting}, keeps) < nth || HasFailure()) break;
  }
  EXPECT_GT(nth, 50U);
}

INSTANTIATE_TEST_SUITE_P(store, each_fault,
                         testing::Combine(testing::Values(disk_fault::full, disk_fault::broken),
                                          testing::Bool(),
                                          testing::Values(durability::process, durability::power)));

TEST_P(each_fault, keeps_what_must_be_kept_now_or_undoes_it) {
  const auto [how, lasting, keeps] = GetParam();
  using documents = std::map<std::string, std::string>;
  const documents before = {{"a", "old"}, {"c", "there"}}, after = {{"a", "new"}, {"b", "new"}};
  const auto with_earlier = [](documents all) {
    all.emplace("earlier", "in the turn");
    return all;
  };
  bool was_kept = false;
  std::uint64_t nth = 1;
  for (; !was_kept && !HasFailure(); ++nth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    const temporary_folder folder;
    faulty_vfs disk;
    store on({.folder = folder.path(""), .keeps = keeps, .vfs = disk.name()});
    for (const auto& [key, value] : before) on.put("x", key, value);
    on.commit();
    on.append("#a", {.id = 1, .text = text_of(1)});
    on.put("x", "earlier", "in the turn");
    disk.fail({.nth = nth, .how = how, .lasting = lasting});
    try {
      on.keep_now([&] {
        for (const auto& [key, value] : after) on.put("x", key, value);
        on.erase("x", "c");
      });
      was_kept = true;
      EXPECT_EQ(after_a_kill(folder).documents, with_earlier(after));
    } catch (const store_error&) {
      EXPECT_GT(disk.failures(), 0U);
      EXPECT_EQ(contents(on).conversations.size(), 0U);
      EXPECT_EQ(on.get("x", "a"), "old");
      EXPECT_THROW(on.check(), store_error);  // nor is anything else of this turn kept
      EXPECT_THROW(on.commit(), store_error);
    }
    disk.mend();
    on.append("#a", {.id = 2, .text = text_of(2)});
    on.commit();
    EXPECT_EQ(contents(on).documents, with_earlier(was_kept ? after : before));
    EXPECT_EQ(after_a_kill(folder), contents(on));
  }
  EXPECT_GT(nth, 3U);
}

TEST(store_faults, a_change_that_is_given_up_half_way_leaves_nothing) {
  store kept{store_options{}};
  kept.put("x", "a", "old");
  kept.commit();
  kept.put("x", "b", "in the turn");
  kept.append("#a", {.id = 1});
  EXPECT_THROW(kept.keep_now([&] {
    kept.put("x", "a", "new");
    kept.put("x", "c", "new");
    throw std::runtime_error("enough");
  }),
               std::runtime_error);
  EXPECT_EQ(kept.get("x", "a"), "old");
  EXPECT_THROW(kept.commit(), store_error);  // of what was said in it, too, nothing is told
  kept.append("#a", {.id = 2});
  kept.commit();
  EXPECT_EQ(kept.get("x", "a"), "old");
  EXPECT_EQ(kept.get("x", "b"), "in the turn");
  EXPECT_FALSE(kept.get("x", "c"));
  EXPECT_FALSE(kept.find("#a", 1));
}

TEST(store_faults, a_full_disk_is_told_and_over_when_there_is_space) {
  const temporary_folder folder;
  faulty_vfs disk;
  store kept({.folder = folder.path(""), .vfs = disk.name()});
  kept.append("#a", {.id = 1});
  kept.commit();
  disk.fail({.nth = 1, .how = disk_fault::full, .lasting = true});
  for (entry_id id = 2; id < 5; ++id) {
    kept.append("#a", {.id = id});
    try {
      kept.commit();
      FAIL();
    } catch (const store_error& why) {
      EXPECT_EQ(why.kind(), store_error::trouble::full);
      EXPECT_EQ(std::string(why.what()),
                folder.path("chat.db") + ": the disk is full, and nothing more can be kept; free some space");
    }
    EXPECT_FALSE(kept.dirty());
    EXPECT_EQ(kept.newest("#a"), 1U);
  }
  disk.mend();
  kept.append("#a", {.id = 5});
  kept.commit();
  EXPECT_EQ(kept.read("#a", {}).size(), 2U);
}

TEST(store_faults, an_id_of_a_turn_that_failed_is_not_given_again) {
  const temporary_folder folder;
  faulty_vfs disk;
  const std::chrono::system_clock::time_point now(std::chrono::hours(1));
  store kept({.folder = folder.path(""), .vfs = disk.name()});
  const entry_id lost = kept.next_id(now);
  disk.fail({.nth = 1, .lasting = true});
  EXPECT_THROW(kept.commit(), store_error);
  disk.mend();
  EXPECT_EQ(kept.next_id(now), lost + 1);
  EXPECT_TRUE(kept.dirty());  // what the failed turn took for given is not
  kept.commit();
}

TEST(store_faults, ids_that_kills_put_ahead_of_the_clock_are_not_further_ahead_with_each) {
  const std::chrono::system_clock::time_point now(std::chrono::hours(1));
  const entry_id clocks = 3'600'000'000;
  std::list<temporary_folder> folders(1);
  entry_id last = 0;
  for (int kill = 0; kill < 20; ++kill) {
    store kept({.folder = folders.back().path("")});
    const entry_id next = kept.next_id(now);
    EXPECT_GT(next, last);
    EXPECT_LE(next, clocks + 1'200'000);
    last = next;
    kept.commit();
    copy_files(folders.back(), folders.emplace_back());
  }
}

TEST(store_faults, what_was_changed_in_a_turn_that_failed_is_kept_with_the_next) {
  const temporary_folder folder;
  faulty_vfs disk;
  const store_options options{.folder = folder.path(""), .vfs = disk.name()};
  {
    store kept(options);
    for (const char* name : {"#a", "#b", "#c", "#d", "#e"}) kept.append(name, {.id = 1, .text = name});
    for (const char* name : {"#d", "#e"}) kept.append(name, {.id = 2});
    kept.put("x", "erased", "1");
    kept.commit();

    disk.fail({.nth = 1, .how = disk_fault::full, .lasting = true});
    kept.append("#a", {.id = 3});
    kept.put("x", "put", "1");
    EXPECT_TRUE(kept.erase("x", "erased"));
    // The two change names, and one of them is over under its new name.
    EXPECT_TRUE(kept.rename("#a", "#t"));
    EXPECT_TRUE(kept.rename("#b", "#a"));
    EXPECT_THROW(kept.commit(), store_error);
    EXPECT_TRUE(kept.rename("#t", "#b"));
    kept.erase("#a");
    kept.erase("#c");
    EXPECT_TRUE(kept.remove("#d", 2));
    kept.erase_after("#e", 1);
    kept.put("x", "put", "2");
    for (int i = 0; i < 2; ++i) EXPECT_THROW(kept.commit(), store_error);
    EXPECT_TRUE(kept.dirty());
    EXPECT_EQ(kept.get("x", "put"), "2");
    EXPECT_EQ(kept.newest("#b"), 1U);
    EXPECT_EQ(kept.newest("#c"), 0U);

    disk.mend();
    kept.append("#c", {.id = 4});  // which is another by now
    kept.commit();
    EXPECT_FALSE(kept.dirty());
  }
  store again(options);
  EXPECT_EQ(again.get("x", "put"), "2");
  EXPECT_EQ(again.get("x", "erased"), std::nullopt);
  EXPECT_EQ(again.newest("#a"), 0U);
  ASSERT_EQ(again.read("#b", {}).size(), 1U);
  EXPECT_EQ(again.read("#b", {})[0].text, "#a");
  ASSERT_EQ(again.read("#c", {}).size(), 1U);
  EXPECT_EQ(again.read("#c", {})[0].id, 4U);
  EXPECT_EQ(again.newest("#d"), 1U);
  EXPECT_EQ(again.newest("#e"), 1U);
}

TEST(store_faults, refuses_what_asks_first_while_another_program_has_it_locked) {
  const temporary_folder folder;
  store kept({.folder = folder.path("")});
  kept.put("x", "y", "1");
  kept.commit();
  sqlite::connection other(folder.path("chat.db"), sqlite::opening::existing);
  other.run("BEGIN IMMEDIATE");
  EXPECT_THROW(kept.check(), store_error);
  EXPECT_FALSE(kept.erase("x", "y"));
  EXPECT_THROW(kept.commit(), store_error);
  other.run("ROLLBACK");
  EXPECT_EQ(kept.get("x", "y"), std::nullopt);
  kept.check();
  kept.commit();
}

namespace {

struct told {
  entry_id last;  // of its turn
  int turn;
};

/// The last turn of which there is something.
int last_turn(store& of) {
  int last = 0;
  for (const char* name : {"#a", "#b"})
    for (const stored_entry& e : of.read(name, {.limit = 1})) last = std::max(last, std::stoi(e.extra));
  return last;
}

/// Says things and tells of each turn that was committed, until it is killed.
[[noreturn]] void say_until_killed(const store_options& options, int to) {
  try {
    store kept(options);
    for (int turn = last_turn(kept) + 1;; ++turn) {
      entry_id id = 0;
      for (int i = 0; i < 5; ++i) {
        id = kept.next_id(std::chrono::system_clock::now());
        kept.append(i % 2 ? "#a" : "#b", {.id = id, .text = text_of(id), .extra = std::to_string(turn)});
      }
      if (turn % 7 == 0) kept.put("x", "turn", std::to_string(turn));
      kept.commit();
      const told done{.last = id, .turn = turn};
      if (::write(to, &done, sizeof done) != sizeof done) ::_exit(1);
      if (turn % 50 == 0) checkpoint(options);
    }
  } catch (const std::exception&) {
    ::_exit(2);
  }
}

/// Runs a process that says things and kills it; what it told of.
std::vector<told> kill_after(const store_options& options, std::chrono::microseconds life) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) say_until_killed(options, ends[1]);
  ::close(ends[1]);
  // Its life begins with the first turn, for starting takes longer on a slow machine.
  std::vector<told> all;
  told one{};
  const auto next = [&] { return ::read(ends[0], &one, sizeof one) == sizeof one; };
  if (next()) all.push_back(one);
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
  while (next()) all.push_back(one);
  ::close(ends[0]);
  return all;
}

}  // namespace

TEST(store_faults, what_was_told_survives_a_kill) {
  const temporary_folder folder;
  const store_options options{.folder = folder.path("")};
  std::mt19937 random(7);
  std::vector<told> all;
  for (int round = 0; round < 50; ++round) {
    const std::chrono::microseconds life(std::uniform_int_distribution<int>(0, 5000)(random));
    const std::vector<told> more = kill_after(options, life);
    ASSERT_FALSE(more.empty());
    all.insert(all.end(), more.begin(), more.end());
    store kept(options);
    std::map<int, int> entries_of_turn;
    for (const char* name : {"#a", "#b"})
      for (const stored_entry& e : kept.read(name, {.limit = SIZE_MAX}))
        ++entries_of_turn[std::stoi(e.extra)];
    for (const auto& [turn, count] : entries_of_turn) ASSERT_EQ(count, 5) << "turn " << turn;
    for (const told& t : all) ASSERT_TRUE(entries_of_turn.contains(t.turn)) << "turn " << t.turn;
    const int last = std::prev(entries_of_turn.end())->first;
    ASSERT_EQ(std::stoi(kept.get("x", "turn").value_or("0")), last / 7 * 7);
    ASSERT_GT(kept.next_id({}), all.back().last);
  }
}
