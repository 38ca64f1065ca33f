// Whether the store opens a folder, and what it says when it does not.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include <parlance/chat/sqlite.hpp>
#include <parlance/chat/store.hpp>

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
        .run("PRAGMA user_version = 2");
  }
  const std::string newer = contents(file);
  const std::string why = refusal(in_folder);
  EXPECT_TRUE(contains(why, file + ": was written by a newer version (format 2, this one knows 1)")) << why;
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
