#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <string>

#include <parlance/http/base/kept_file.hpp>
#include <parlance/io/error.hpp>

#include "net/temporary_folder.hpp"

namespace parlance::http {
namespace {

TEST(kept_file, is_replaced_whole_and_for_its_owner_alone) {
  const net::test::temporary_folder folder;
  const std::string path = folder.path("file"), link = folder.path("link");
  EXPECT_FALSE(read_kept_file(path, 10));
  replace_kept_file(path, "old");
  struct stat is{};
  ASSERT_EQ(::stat(path.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0600U);
  ::chmod(path.c_str(), 0640);
  std::filesystem::create_symlink(path, link);
  replace_kept_file(link, "new");
  EXPECT_EQ(read_kept_file(path, 10), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  ASSERT_EQ(::stat(path.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0640U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path("")),
                          std::filesystem::directory_iterator()),
            2);
}

TEST(kept_file, tells_what_is_wrong_with_it) {
  const net::test::temporary_folder folder;
  const std::string path = folder.path("file");
  replace_kept_file(path, "too long");
  EXPECT_THROW(read_kept_file(path, 3), io::error);
  EXPECT_THROW(read_kept_file(folder.path(""), 3), io::error);
  EXPECT_THROW(replace_kept_file(folder.path("no/file"), "x"), io::error);
  // What cannot be opened is another thing than what is not there.
  std::filesystem::create_symlink("loop", folder.path("loop"));
  struct stat is{};
  for (struct stat* of : {static_cast<struct stat*>(nullptr), &is}) try {
      read_kept_file(folder.path("loop"), 10, of);
      ADD_FAILURE();
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), std::errc::too_many_symbolic_link_levels) << e.what();
    }
}

}  // namespace
}  // namespace parlance::http
