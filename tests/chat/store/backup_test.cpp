// Backups of a chat that goes on meanwhile, and chats that begin again from them.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <parlance/chat/store/backup.hpp>
#include <parlance/chat/store/snapshot.hpp>
#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using namespace parlance::chat::test;
using parlance::net::test::temporary_folder;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> pems = {"key.pem", "certificate.pem"};

void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every file, but for the index of the log, in which SQLite notes who reads it.
std::map<std::string, std::string> files_in(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& file : fs::directory_iterator(folder))
    if (!file.path().string().ends_with("-shm"))
      all.emplace(file.path().filename().string(), contents(file.path()));
  return all;
}

std::vector<std::string> texts_in(store_snapshot& of, std::string_view conversation) {
  std::vector<std::string> all;
  of.each(conversation, 0, [&](const stored_entry& e) { all.push_back(e.text); });
  return all;
}

/// How many numbered messages there are, each of which is there.
std::uint64_t numbered_in(store_snapshot& of) {
  std::uint64_t count = 0;
  bool is_whole = true;
  of.each("#lobby", 0, [&](const stored_entry& e) {
    is_whole = is_whole && e.text == std::to_string(++count) && e.id == count;
  });
  EXPECT_TRUE(is_whole);
  return count;
}

/// Says numbered messages, one a turn; most turns are kept in the journal, and some are transactions.
/// Slower when there are many, so that backups do not take longer and longer.
void say_without_pause(const store_options& in, std::atomic<std::uint64_t>& committed,
                       const std::function<bool()>& goes_on) {
  store kept(in);
  for (std::uint64_t n = 1; goes_on(); ++n) {
    const std::string text = std::to_string(n);
    kept.append("#lobby", {.id = n, .kind = 1, .source = "alice!a@host", .text = text});
    if (n % 61 == 0) kept.put("said", "last", text);
    kept.commit();
    committed = n;
    if (n % 997 == 0) kept.settle();
    if (n % 1499 == 0) checkpoint(in);
    if (n > 10'000) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

class backups : public testing::Test {
 protected:
  temporary_folder folder;
  const store_options in_folder{.folder = folder.path("chat")};
  const backup_options in_file{.file = folder.path("backup"), .beside = pems};

  void make_chat(const std::string& text = "hello") {
    store kept(in_folder);
    kept.append("#lobby", {.id = 1, .kind = 1, .text = text});
    kept.append("@a @b", {.id = 2, .kind = 1, .text = "psst"});
    kept.put("account", "alice", "{}");
    kept.commit();
    write(folder.path("chat/key.pem"), "the key");
    write(folder.path("chat/certificate.pem"), "the certificate");
  }

  /// Of what `work` complains.
  static std::string complaint_of(const std::function<void()>& work) {
    try {
      work();
      return "";
    } catch (const store_error& why) {
      return why.what();
    }
  }
  std::string refusal_to_back_up() const {
    return complaint_of([&] { back_up(in_folder, in_file); });
  }
  std::string refusal_to_restore(const std::string& into) const {
    return complaint_of([&] { restore({.folder = folder.path(into)}, in_file); });
  }
  void change_backup(const char* sql) const {
    sqlite::connection(in_file.file, sqlite::opening::existing).run(sql);
  }
  std::vector<std::string> beside_backup() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(folder.path(""))) names.push_back(file.path().filename());
    std::ranges::sort(names);
    return names;
  }
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

#define EXPECT_SAYS(text, part) EXPECT_TRUE(contains(text, part)) << (text)

/// A process that says numbered messages, until it is killed.
class writing_process {
 public:
  explicit writing_process(const store_options& in) {
    void* const shared =
        ::mmap(nullptr, sizeof *committed_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    committed_ = new (shared) std::atomic<std::uint64_t>(0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    say_without_pause(in, *committed_, [] { return true; });
    ::_exit(1);
  }
  ~writing_process() {
    kill();
    ::munmap(committed_, sizeof *committed_);
  }
  writing_process(const writing_process&) = delete;
  writing_process& operator=(const writing_process&) = delete;

  std::uint64_t committed() const { return *committed_; }
  void wait_for(std::uint64_t number) const {
    while (committed() < number) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  std::atomic<std::uint64_t>* committed_ = nullptr;
};

}  // namespace

TEST_F(backups, hold_what_only_the_journal_has) {
  store kept(in_folder);
  for (entry_id id = 1; id <= 3; ++id) {
    kept.append("#lobby", {.id = id, .kind = 1, .text = std::to_string(id)});
    kept.commit();
  }
  {
    sqlite::connection database(folder.path("chat/chat.db"), sqlite::opening::existing);
    ASSERT_LT(database.integer("SELECT count(*) FROM entries"), 3);
  }
  const auto before = files_in(folder.path("chat"));
  back_up(in_folder, in_file);
  EXPECT_EQ(files_in(folder.path("chat")), before);
  store_snapshot saved(in_file.file);
  EXPECT_EQ(numbered_in(saved), 3U);
  kept.append("#lobby", {.id = 4, .kind = 1, .text = "4"});
  kept.commit();
  EXPECT_EQ(kept.read("#lobby", {}).size(), 4U);
}

TEST_F(backups, are_one_file_for_their_owner_alone_that_nothing_else_is_needed_for) {
  make_chat();
  const auto before = files_in(folder.path("chat"));
  back_up(in_folder, in_file);
  EXPECT_EQ(files_in(folder.path("chat")), before);
  EXPECT_EQ(beside_backup(), (std::vector<std::string>{"backup", "chat"}));
  struct stat status{};
  ASSERT_EQ(::stat(in_file.file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  store_snapshot saved(in_file.file);
  EXPECT_EQ(texts_in(saved, "@a @b"), std::vector<std::string>{"psst"});
  EXPECT_EQ(beside_backup(), (std::vector<std::string>{"backup", "chat"}));
}

TEST_F(backups, are_restored_whole) {
  make_chat();
  back_up(in_folder, in_file);
  const store_options next{.folder = folder.path("next")};
  restore(next, in_file);
  EXPECT_EQ(contents(folder.path("next/key.pem")), "the key");
  EXPECT_EQ(contents(folder.path("next/certificate.pem")), "the certificate");
  for (const char* name : {"chat.db", "key.pem", "certificate.pem"}) {
    struct stat status{};
    ASSERT_EQ(::stat((next.folder / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
  EXPECT_FALSE(contains(contents(next.folder / "chat.db"), "the key"));
  store kept(next);
  EXPECT_EQ(kept.read("#lobby", {}).front().text, "hello");
  EXPECT_EQ(kept.get("account", "alice"), "{}");
  EXPECT_GT(kept.next_id({}), 2U);
  kept.append("#lobby", {.id = 3, .kind = 1, .text = "again"});
  kept.commit();
  EXPECT_EQ(kept.read("#lobby", {}).size(), 2U);
}

TEST_F(backups, are_not_continued_by_a_journal_that_is_left_of_another_life) {
  {
    store kept(in_folder);
    kept.append("#lobby", {.id = 1, .kind = 1, .text = "hello"});
    kept.commit();
    back_up(in_folder, in_file);
  }
  const store_options next{.folder = folder.path("next")};
  restore(next, in_file);
  {
    store kept(next);
    kept.append("#lobby", {.id = 2, .kind = 1, .text = "in the journal"});
    kept.commit();
    fs::copy_file(folder.path("next/chat.db-turns"), folder.path("turns"));
  }
  fs::remove_all(next.folder);
  restore(next, in_file);
  fs::copy_file(folder.path("turns"), folder.path("next/chat.db-turns"));
  EXPECT_EQ(store(next).newest("#lobby"), 1U);
}

TEST_F(backups, of_a_writer_that_is_killed_have_all_that_was_committed_and_no_hole) {
  for (const durability keeps : {durability::process, durability::power}) {
    const temporary_folder here;
    const faulty_vfs disk;  // which waits for nothing
    const store_options in{.folder = here.path("chat"), .keeps = keeps, .vfs = disk.name()};
    writing_process writer(in);
    writer.wait_for(100);
    const backup_options to{.file = here.path("backup"), .overwrite = true};
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t before = writer.committed();
      back_up(in, to);
      const std::uint64_t after = writer.committed();
      store_snapshot saved(to.file);
      const std::uint64_t count = numbered_in(saved);
      EXPECT_GE(count, before);
      EXPECT_LE(count, after + 1);
    }
    writer.kill();
    const auto left = files_in(here.path("chat"));
    back_up(in, to);
    EXPECT_EQ(files_in(here.path("chat")), left);
    store_snapshot saved(to.file);
    const std::uint64_t count = numbered_in(saved);
    EXPECT_GE(count, writer.committed());
    restore({.folder = here.path("next")}, to);
    EXPECT_EQ(store({.folder = here.path("next")}).newest("#lobby"), count);
    EXPECT_EQ(store(in).newest("#lobby"), count);
  }
}

TEST(backup_threads, may_be_those_of_the_process_that_has_the_chat) {
  const temporary_folder folder;
  const store_options in{.folder = folder.path("chat")};
  const backup_options to{.file = folder.path("backup"), .overwrite = true};
  std::atomic<std::uint64_t> committed = 0;
  std::atomic<bool> is_over = false;
  std::thread writer([&] { say_without_pause(in, committed, [&] { return !is_over; }); });
  while (committed < 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t before = committed;
    back_up(in, to);
    store_snapshot saved(to.file);
    EXPECT_GE(numbered_in(saved), before);
  }
  is_over = true;
  writer.join();
  store_snapshot left(in);
  EXPECT_EQ(numbered_in(left), committed);
}

TEST_F(backups, are_absent_when_the_disk_fails_at_any_point) {
  make_chat("1");
  for (const disk_fault::kind how : {disk_fault::full, disk_fault::broken}) {
    faulty_vfs disk;
    store_options in = in_folder;
    in.vfs = disk.name();
    std::uint64_t nth = 1;
    for (;; ++nth) {
      SCOPED_TRACE("operation " + std::to_string(nth));
      disk.fail({.nth = nth, .how = how, .lasting = true});
      const std::string why = complaint_of([&] { back_up(in, in_file); });
      if (disk.failures() == 0) break;
      if (why.empty()) {  // what failed was only cleaning up
        store_snapshot saved(in_file.file);
        ASSERT_EQ(numbered_in(saved), 1U);
        fs::remove(in_file.file);
      }
      if (how == disk_fault::full && nth < 10) EXPECT_SAYS(why, "free some space");
      ASSERT_EQ(beside_backup(), std::vector<std::string>{"chat"});
    }
    EXPECT_GT(nth, 3U);
    EXPECT_TRUE(fs::remove(in_file.file));
  }
}

TEST_F(backups, are_restored_whole_or_not_at_all_when_the_disk_fails) {
  make_chat("1");
  back_up(in_folder, in_file);
  faulty_vfs disk;
  const store_options next{.folder = folder.path("next"), .vfs = disk.name()};
  std::uint64_t nth = 1;
  for (;; ++nth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    disk.fail({.nth = nth, .how = disk_fault::full, .lasting = true});
    const std::string why = complaint_of([&] { restore(next, in_file); });
    if (disk.failures() == 0) break;
    if (why.empty()) {  // what failed was only cleaning up
      ASSERT_EQ(store({.folder = next.folder}).newest("#lobby"), 1U);
      fs::remove_all(next.folder);
      continue;
    }
    if (nth < 10) EXPECT_SAYS(why, "free some space");
    for (const auto& [name, text] : files_in(next.folder)) ASSERT_EQ(name, "chat.lock");
  }
  EXPECT_GT(nth, 3U);
  disk.mend();
  EXPECT_EQ(store(next).newest("#lobby"), 1U);
}

TEST_F(backups, that_are_killed_are_absent_and_leave_the_one_before) {
  {
    store kept(in_folder);
    const std::string text(3000, 'x');
    for (entry_id id = 1; id <= 4000; ++id) kept.append("#lobby", {.id = id, .kind = 1, .text = text});
    kept.commit();
  }
  for (const bool has_one : {false, true}) {
    if (has_one) write(in_file.file, "the one before");
    for (int question = 1; question <= 4; ++question) {
      const pid_t child = ::fork();
      if (child == 0) {
        int asked = 0;
        backup_options killed = in_file;
        killed.overwrite = true;
        killed.is_stopped = [&] {
          if (++asked == question) ::kill(::getpid(), SIGKILL);
          return false;
        };
        back_up(in_folder, killed);
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFSIGNALED(status)) << question;
      ASSERT_EQ(contents(in_file.file), has_one ? "the one before" : "");
      ASSERT_EQ(fs::exists(in_file.file), has_one);
    }
  }
}

TEST_F(backups, that_are_stopped_leave_nothing) {
  make_chat(std::string(9'000'000, 'x'));
  int most = 1;
  backup_options stopped = in_file;
  stopped.is_stopped = [&] { return --most < 0; };
  EXPECT_SAYS(complaint_of([&] { back_up(in_folder, stopped); }), "backup: interrupted");
  EXPECT_EQ(beside_backup(), std::vector<std::string>{"chat"});
}

TEST_F(backups, are_refused_where_they_make_no_sense) {
  EXPECT_SAYS(refusal_to_back_up(), "chat.db: there is no chat; name the folder");
  EXPECT_FALSE(fs::exists(in_folder.folder));
  make_chat();
  const auto into = [&](const std::string& place) {
    return complaint_of([&] { back_up(in_folder, {.file = folder.path(place), .overwrite = true}); });
  };
  EXPECT_SAYS(into("chat/chat.db"), "lies in the folder of the chat itself");
  EXPECT_SAYS(into("nowhere/backup"), "no such file or directory; name a folder that is there");
  EXPECT_SAYS(into("chat"), "is not a regular file");
  write(in_file.file, "precious");
  EXPECT_SAYS(refusal_to_back_up(), "is there already");
  EXPECT_EQ(contents(in_file.file), "precious");
  EXPECT_EQ(into("backup"), "");
  store_snapshot saved(in_file.file);
  EXPECT_EQ(saved.conversations(), (std::vector<std::string>{"#lobby", "@a @b"}));
}

TEST_F(backups, of_a_damaged_chat_are_refused) {
  make_chat(std::string(100'000, 'x'));
  std::fstream(folder.path("chat/chat.db"), std::ios::binary | std::ios::in | std::ios::out)
      .seekp(8 * 4096)
      .write(std::string(4096, '\xff').data(), 4096);
  EXPECT_SAYS(refusal_to_back_up(), "chat.db: is damaged");
  EXPECT_EQ(beside_backup(), std::vector<std::string>{"chat"});
}

TEST_F(backups, are_not_restored_over_a_chat) {
  make_chat();
  back_up(in_folder, in_file);
  EXPECT_SAYS(refusal_to_restore("chat"), "chat.db: there is a chat already; choose another folder");
  {
    const store kept({.folder = folder.path("used")});
    fs::remove(folder.path("used/chat.db"));
    fs::remove(folder.path("used/chat.db-wal"));
    EXPECT_SAYS(refusal_to_restore("used"), "used: is in use by process");
  }
  fs::create_directory(folder.path("other"));
  write(folder.path("other/certificate.pem"), "another certificate");
  EXPECT_SAYS(refusal_to_restore("other"), "certificate.pem: is another one than the backup's; move it away");
  EXPECT_FALSE(fs::exists(folder.path("other/chat.db")));
  EXPECT_FALSE(fs::exists(folder.path("other/key.pem")));
  EXPECT_EQ(contents(folder.path("other/certificate.pem")), "another certificate");
}

TEST_F(backups, that_are_none_or_damaged_or_newer_are_not_restored) {
  EXPECT_SAYS(refusal_to_restore("next"), "backup: there is no such file");
  write(in_file.file, "text that is no database at all");
  EXPECT_SAYS(refusal_to_restore("next"), "backup: is damaged or not a history");
  fs::remove(in_file.file);
  make_chat(std::string(100'000, 'x'));
  fs::copy_file(folder.path("chat/chat.db"), in_file.file);
  EXPECT_SAYS(refusal_to_restore("next"), "backup: is no backup");
  const auto fresh = [&] {
    for (const char* rest : {"", "-wal", "-shm"}) fs::remove(in_file.file.string() + rest);
    back_up(in_folder, in_file);
  };
  fresh();
  change_backup("PRAGMA user_version = 99");
  EXPECT_SAYS(refusal_to_restore("next"), "written by a newer version (format 99, this one knows 5)");
  fresh();
  change_backup("PRAGMA application_id = 7");
  EXPECT_SAYS(refusal_to_restore("next"), "backup: is no history of a chat");
  fresh();
  change_backup("CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END");
  EXPECT_SAYS(refusal_to_restore("next"), "backup: is damaged (has a trigger t)");
  fresh();
  fs::resize_file(in_file.file, fs::file_size(in_file.file) - 4096);
  EXPECT_SAYS(refusal_to_restore("next"), "backup: is damaged");
  for (const auto& [name, text] :
       fs::exists(folder.path("next")) ? files_in(folder.path("next")) : std::map<std::string, std::string>())
    EXPECT_EQ(name, "chat.lock");
  fresh();
  EXPECT_EQ(refusal_to_restore("next"), "");
}

TEST_F(backups, are_read_from_an_id_on_the_journal_too) {
  store kept(in_folder);
  for (entry_id id = 1; id <= 4; ++id) {
    kept.append("#lobby", {.id = id * 10, .kind = 1, .text = std::to_string(id)});
    kept.commit();
  }
  store_snapshot now(in_folder);
  std::vector<entry_id> ids;
  now.each("#lobby", 20, [&](const stored_entry& e) { ids.push_back(e.id); });
  EXPECT_EQ(ids, (std::vector<entry_id>{20, 30, 40}));
  kept.append("#lobby", {.id = 50, .kind = 1, .text = "5"});
  kept.commit();
  kept.settle();
  EXPECT_EQ(texts_in(now, "#lobby"), (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(texts_in(now, "#other"), std::vector<std::string>{});
}
