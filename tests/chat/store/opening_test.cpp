// Whether the store opens a folder, and what it says when it does not.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

class opening_a_store : public testing::Test {
 protected:
  temporary_folder folder;
  store_options in_folder{.folder = folder.path("history")};
  std::string file = folder.path("history/chat.db");
};

/// Makes a history of so many entries.
void make_history(const store_options& options, entry_id entries) {
  store kept(options);
  for (entry_id id = 1; id <= entries; ++id)
    kept.append("#lobby", {.id = id, .text = "some words that take room"});
  kept.commit();
}

/// What the refusal says; empty: there was none.
std::string refusal(const store_options& options) {
  try {
    const store opened(options);
    return "";
  } catch (const store_error& why) {
    EXPECT_EQ(why.kind(), store_error::trouble::unusable);
    return why.what();
  }
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const std::string& path, std::string_view bytes, std::streamoff at = 0) {
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(at);
  out << bytes;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Another user's rights while it lives, when this one may do everything.
class unprivileged {
 public:
  unprivileged() {
    if (::geteuid() == 0 && ::seteuid(65'534) == 0) was_root_ = true;
  }
  ~unprivileged() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }
  unprivileged(const unprivileged&) = delete;
  unprivileged& operator=(const unprivileged&) = delete;

 private:
  bool was_root_ = false;
};

}  // namespace

TEST_F(opening_a_store, is_for_its_user_alone) {
  const store kept(in_folder);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(in_folder.folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(opening_a_store, refuses_a_folder_in_use) {
  {
    const store first(in_folder);
    const std::string why = refusal(in_folder);
    EXPECT_TRUE(
        contains(why, in_folder.folder.string() + ": is in use by process " + std::to_string(::getpid())))
        << why;
  }
  EXPECT_EQ(refusal(in_folder), "");
}

TEST_F(opening_a_store, refuses_a_folder_that_cannot_be_written) {
  const std::string parent = folder.path("locked");
  std::filesystem::create_directories(parent + "/history");
  std::filesystem::permissions(folder.path(""), std::filesystem::perms(0755));
  for (const char* path : {"/history", ""})
    std::filesystem::permissions(parent + path, std::filesystem::perms(0555));
  const unprivileged here;
  const std::string why = refusal({.folder = parent + "/history"});
  EXPECT_TRUE(contains(why, "locked/history: permission denied; let this user write there")) << why;
  EXPECT_TRUE(contains(refusal({.folder = parent + "/new"}), "locked/new: permission denied"));
}

TEST_F(opening_a_store, refuses_a_folder_that_is_a_file) {
  std::ofstream(in_folder.folder) << "text";
  EXPECT_TRUE(contains(refusal(in_folder), "history: not a directory"));
}

TEST_F(opening_a_store, refuses_a_damaged_file_and_leaves_it_alone) {
  make_history(in_folder, 100);
  const std::string sound = contents(file);
  for (const auto& damage :
       {std::string("text"), std::string(sound.size(), 'x'), sound.substr(0, 50),
        sound.substr(0, sound.size() - 4096), sound.substr(0, 100) + std::string(9000, 'x')}) {
    std::ofstream(file, std::ios::binary) << damage;
    const std::string why = refusal(in_folder);
    EXPECT_TRUE(contains(why, file + ": is damaged")) << why;
    EXPECT_TRUE(contains(why, "move it and its chat.db-wal away to begin anew")) << why;
    EXPECT_EQ(contents(file), damage);
  }
}

TEST_F(opening_a_store, refuses_a_newer_version_and_leaves_it_alone) {
  {
    const store kept(in_folder);
  }
  {
    parlance::chat::sqlite::connection(file, parlance::chat::sqlite::opening::existing)
        .run("PRAGMA user_version = 6");
  }
  const std::string newer = contents(file);
  const std::string why = refusal(in_folder);
  EXPECT_TRUE(contains(why, file + ": was written by a newer version (format 6, this one knows 5)")) << why;
  EXPECT_EQ(contents(file), newer);
}

TEST_F(opening_a_store, refuses_another_programs_file_and_leaves_it_alone) {
  std::filesystem::create_directories(in_folder.folder);
  {
    parlance::chat::sqlite::connection other(file, parlance::chat::sqlite::opening::make);
    other.run("CREATE TABLE cookies(name)");
  }
  const std::string before = contents(file);
  EXPECT_TRUE(contains(refusal(in_folder), file + ": belongs to another program"));
  EXPECT_EQ(contents(file), before);
}

TEST_F(opening_a_store, refuses_a_log_without_its_file_and_leaves_it_alone) {
  std::filesystem::create_directories(in_folder.folder);
  std::ofstream(file + "-wal") << "what was said";
  EXPECT_TRUE(contains(refusal(in_folder), file + ": is missing, but its log is there"));
  EXPECT_EQ(contents(file + "-wal"), "what was said");
  EXPECT_FALSE(std::filesystem::exists(file));
}

namespace {

/// The folder as a kill would leave it behind with these turns in the journal, each of one entry.
void make_journal(const store_options& options, std::initializer_list<entry_id> turns) {
  const std::string folder = options.folder.string(), killed = folder + ".killed";
  {
    store kept(options);
    kept.next_id(std::chrono::system_clock::time_point(std::chrono::seconds(1)));
    kept.append("#lobby", {.id = 1});
    kept.commit();
    for (const entry_id id : turns) {
      kept.append("#lobby", {.id = id, .text = "text " + std::to_string(id)});
      kept.commit();
    }
    std::filesystem::copy(folder, killed);
  }
  std::filesystem::remove_all(folder);
  std::filesystem::rename(killed, folder);
}

std::vector<entry_id> ids_in(const store_options& options) {
  store kept(options);
  std::vector<entry_id> all;
  for (const stored_entry& e : kept.read("#lobby", {})) all.push_back(e.id);
  return all;
}

using ids = std::vector<entry_id>;

}  // namespace

TEST_F(opening_a_store, finds_the_turns_in_the_journal_once) {
  make_journal(in_folder, {2, 3});
  EXPECT_EQ(contents(file).find("text 3"), std::string::npos);
  EXPECT_TRUE(contains(contents(file + "-turns"), "text 3"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ids_in(in_folder), (ids{1, 2, 3}));
}

TEST_F(opening_a_store, finds_the_turns_in_the_journal_after_those_that_were_moved) {
  make_journal(in_folder, {2, 3});
  {
    store kept(in_folder);
    EXPECT_THROW(kept.append("#lobby", {.id = 3}), std::invalid_argument);
    kept.append("#lobby", {.id = 4});
    kept.commit();
  }
  EXPECT_EQ(ids_in(in_folder), (ids{1, 2, 3, 4}));
}

TEST_F(opening_a_store, takes_a_turn_that_is_not_whole_for_none) {
  make_journal(in_folder, {2, 3});
  const std::string journal = contents(file + "-turns");
  const std::size_t at = journal.find("text 3");
  ASSERT_NE(at, std::string::npos);
  for (const std::size_t damaged : {at, at + 5, at - 1, at - 50}) {
    const temporary_folder copy;
    const store_options options{.folder = copy.path("history")};
    std::filesystem::copy(in_folder.folder, options.folder);
    overwrite(copy.path("history/chat.db-turns"), "?", static_cast<long>(damaged));
    EXPECT_EQ(ids_in(options), (ids{1, 2})) << damaged - at;
  }
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, at}) {
    const temporary_folder copy;
    const store_options options{.folder = copy.path("history")};
    std::filesystem::copy(in_folder.folder, options.folder);
    std::filesystem::resize_file(copy.path("history/chat.db-turns"), cut);
    EXPECT_EQ(ids_in(options), cut == at ? (ids{1, 2}) : (ids{1}));
  }
}

TEST_F(opening_a_store, takes_no_turns_of_another_history) {
  make_journal(in_folder, {2, 3});
  const temporary_folder elsewhere;
  const store_options other{.folder = elsewhere.path("history")};
  make_journal(other, {5});
  std::filesystem::copy_file(file + "-turns", elsewhere.path("history/chat.db-turns"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(ids_in(other), ids{1});
}

TEST_F(opening_a_store, takes_no_turns_that_outlived_the_transactions_before_them) {
  // A power cut may leave the journal as it was last, and the database and its log as they were earlier.
  const temporary_folder elsewhere;
  const store_options after{.folder = elsewhere.path("history")};
  std::filesystem::create_directory(after.folder);
  const auto survives = [&](std::string_view name) {
    std::filesystem::copy_file(file + std::string(name), after.folder / ("chat.db" + std::string(name)),
                               std::filesystem::copy_options::overwrite_existing);
  };
  const auto say = [](store& in, std::string_view where, entry_id id) {
    in.append(where, {.id = id, .text = std::string("text 3")});
    in.commit();
  };
  {
    store kept(in_folder);
    kept.next_id(std::chrono::system_clock::time_point(std::chrono::seconds(1)));
    say(kept, "#old", 1);
    survives("");
    survives("-wal");
    for (const entry_id id : {2, 3, 4, 5}) say(kept, "#secret", id);
    survives("-turns");
  }
  for (entry_id id = 10; id < 20; id += 5) {
    // Each life writes as much as a turn that is gone, and is killed.
    store kept(after);
    say(kept, "#mine", id);
    say(kept, "#mine", id + 1);
    std::filesystem::remove_all(after.folder / "..copy");
    std::filesystem::copy(after.folder, after.folder / "..copy");
    store next({.folder = after.folder / "..copy"});
    EXPECT_EQ(next.newest("#secret"), 0U);
    EXPECT_EQ(next.read("#mine", {}).size(), kept.read("#mine", {}).size());
  }
}

TEST_F(opening_a_store, brings_a_history_of_version_1_up_to_date) {
  make_history(in_folder, 2);
  parlance::chat::sqlite::connection(file, parlance::chat::sqlite::opening::existing)
      .run("DELETE FROM meta WHERE name = 'generation'; DROP INDEX found_entries; PRAGMA user_version = 1");
  for (const entry_id id : {3, 4}) {
    store kept(in_folder);
    kept.append("#lobby", {.id = id});
    kept.commit();
  }
  EXPECT_EQ(ids_in(in_folder), (ids{1, 2, 3, 4}));
}

TEST_F(opening_a_store, finds_the_rooms_of_version_4_by_their_names_of_today) {
  {
    store kept(in_folder);
    entry_id id = 0;
    for (const auto* room : {"#lobby", "#\u0416", "#\u0436", "#Zo\u00cb"})
      kept.append(room, {.id = ++id, .kind = 1, .text = room});
    kept.put("room", "#Ж", R"({"name":"#Ж","founder":"alice"})");
    kept.put("joined", "#\u0416 @alice#7", "1");
    kept.put("read_marker", "@alice#7 #zo\u00cb", "2");
    kept.put("presence", "alice", R"({"rooms":[{"name":"#Ж"},{"name":"#lobby"},{"name":"#ZoË"}]})");
    kept.commit();
  }
  parlance::chat::sqlite::connection(file, parlance::chat::sqlite::opening::existing)
      .run("UPDATE conversations SET name = '#zo\u00cb' WHERE name = '#Zo\u00cb'; PRAGMA user_version = 4");
  for (int times = 0; times < 2; ++times) {
    store kept(in_folder);
    const auto text_in = [&](std::string_view room) {
      const auto all = kept.read(room, {});
      return all.size() == 1 ? all.front().text : std::string();
    };
    EXPECT_EQ(text_in("#lobby"), "#lobby");
    EXPECT_EQ(text_in("#\u0436"), "#\u0436");
    EXPECT_EQ(text_in("#\u0436-2"), "#\u0416");
    EXPECT_EQ(text_in("#zo\u00eb"), "#Zo\u00cb");
    EXPECT_EQ(kept.get("room", "#\u0436-2"), R"({"founder":"alice","name":"#Ж-2"})");
    EXPECT_EQ(kept.get("room", "#\u0416"), std::nullopt);
    EXPECT_EQ(kept.get("joined", "#\u0436-2 @alice#7"), "1");
    EXPECT_EQ(kept.get("read_marker", "@alice#7 #zo\u00eb"), "2");
    EXPECT_EQ(kept.get("presence", "alice"),
              R"({"rooms":[{"name":"#Ж-2"},{"name":"#lobby"},{"name":"#ZoË"}]})");
  }
}

TEST_F(opening_a_store, tells_of_damage_found_later) {
  make_history(in_folder, 1000);
  const std::size_t size = contents(file).size();
  for (std::size_t at = 8 * 4096; at < size; at += 4096)
    overwrite(file, std::string(4096, 'x'), static_cast<long>(at));
  store kept(in_folder);
  try {
    kept.read("#lobby", {.limit = 1000});
    FAIL();
  } catch (const store_error& why) {
    EXPECT_EQ(why.kind(), store_error::trouble::failed);
    EXPECT_TRUE(contains(why.what(), file + ": is damaged")) << why.what();
  }
}
