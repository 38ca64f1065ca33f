#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/journal.hpp>

#include "net/temporary_folder.hpp"

using namespace parlance::chat;

namespace {

std::vector<entry_id> ids_in(std::string_view bytes, std::uint64_t generation = 7) {
  std::vector<entry_id> all;
  store_journal::each_in(bytes, generation,
                         [&](const store_journal::item& one) { all.push_back(one.what.id); });
  return all;
}

}  // namespace

TEST(journal, is_read_up_to_its_last_byte_and_no_further) {
  const parlance::net::test::temporary_folder folder;
  const std::string database = folder.path("chat.db");
  std::ofstream(database).close();
  const auto keep = [&](std::initializer_list<entry_id> ids) {
    store_journal one(database, {}, 7);
    for (const entry_id id : ids)
      EXPECT_TRUE(one.add({.conversation = 1, .number = 1, .what = {.id = id, .text = "hello"}}));
    one.keep(false);
  };
  keep({1});
  keep({2, 3});
  const std::string all = store_journal::copy(database, {});
  EXPECT_EQ(ids_in(all), (std::vector<entry_id>{1, 2, 3}));
  EXPECT_EQ(ids_in(all, 8), std::vector<entry_id>{});
  // What lies behind the view are whole records, too: of it only what it holds is looked at.
  const std::string_view view = all;
  std::size_t first = 0, both = 0;
  for (std::size_t size = 0; size <= view.size(); ++size) {
    const std::size_t found = ids_in(view.substr(0, size)).size();
    if (found >= 1 && first == 0) first = size;
    if (found == 3 && both == 0) both = size;
    ASSERT_EQ(found, both != 0 ? 3U : first != 0 ? 1U : 0U) << size;
    if (both != 0) break;
  }
  EXPECT_GT(first, 0U);
  EXPECT_GT(both, first);
  EXPECT_EQ(view.substr(both).find_first_not_of('\0'), std::string_view::npos);
}
