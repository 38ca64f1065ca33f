#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;
using namespace std::string_literals;
using parlance::chat::test::faulty_vfs;
using parlance::net::test::temporary_folder;

namespace {

using end = entry_range::end;
using strings = std::vector<std::string>;
using ids = std::vector<entry_id>;
using moment = std::chrono::system_clock::time_point;
constexpr moment noon{1'700'000'000s};

class a_store : public testing::Test {
 protected:
  temporary_folder folder;
  store_options in_folder{.folder = folder.path("history")};
};

void add(store& to, std::string_view conversation, std::initializer_list<entry_id> which,
         unsigned char kind = 1) {
  for (const entry_id id : which) {
    const std::string text = "text " + std::to_string(id);
    to.append(conversation, {.id = id, .kind = kind, .source = "alice!a@host", .text = text});
  }
}

ids read(store& from, std::string_view conversation, const entry_range& which = {}) {
  ids all;
  for (const stored_entry& e : from.read(conversation, which)) all.push_back(e.id);
  return all;
}

strings keys(store& from, std::string_view kind, std::string_view prefix = {}) {
  strings all;
  from.each(kind, prefix, [&](std::string_view key, std::string_view) { all.emplace_back(key); });
  return all;
}

}  // namespace

TEST_F(a_store, gives_back_each_entry_as_it_was_given) {
  const std::string text = "\xff\xfe \0 \x80 \r\n 'quoted' %s"s;
  store kept(in_folder);
  kept.append("#lobby", {.id = 7,
                         .kind = 63,
                         .source = "alice!a@host",
                         .account = "alice",
                         .text = text,
                         .tags = "+draft/reply=1",
                         .extra = "{}"});
  kept.append("#lobby", {.id = 8});
  const stored_entry seven{7, 63, "alice!a@host", "alice", text, "+draft/reply=1", "{}", 7};
  const stored_entry eight{8, 0, "", "", "", "", "", 8};
  EXPECT_EQ(kept.read("#lobby", {}), (std::vector{seven, eight}));
  EXPECT_EQ(kept.find("#lobby", 7), seven);
  EXPECT_EQ(kept.find("#lobby", 9), std::nullopt);
  EXPECT_EQ(kept.find("#other", 7), std::nullopt);
}

TEST_F(a_store, keeps_what_was_committed_and_nothing_else) {
  {
    store kept(in_folder);
    EXPECT_FALSE(kept.dirty());
    add(kept, "#lobby", {1, 2});
    kept.put("account", "alice", "{}");
    EXPECT_TRUE(kept.dirty());
    kept.commit();
    EXPECT_FALSE(kept.dirty());
    add(kept, "#lobby", {3});
    add(kept, "#other", {4});
    kept.put("account", "bob", "{}");
  }
  store again(in_folder);
  EXPECT_EQ(read(again, "#lobby"), (ids{1, 2}));
  EXPECT_EQ(read(again, "#other"), ids{});
  EXPECT_EQ(keys(again, "account"), strings{"alice"});
  EXPECT_FALSE(again.dirty());
}

TEST_F(a_store, rolls_a_turn_back) {
  store kept(in_folder);
  add(kept, "#lobby", {1});
  kept.commit();
  add(kept, "#lobby", {2});
  add(kept, "#other", {3});
  kept.remove("#lobby", 1);
  kept.rollback();
  EXPECT_FALSE(kept.dirty());
  EXPECT_EQ(read(kept, "#lobby"), ids{1});
  EXPECT_EQ(read(kept, "#other"), ids{});
  add(kept, "#other", {4});
  kept.commit();
  EXPECT_EQ(read(kept, "#other"), ids{4});
}

TEST_F(a_store, without_a_folder_keeps_nothing) {
  {
    store kept(store_options{});
    add(kept, "#lobby", {1});
    kept.put("account", "alice", "{}");
    kept.commit();
    EXPECT_EQ(read(kept, "#lobby"), ids{1});
    checkpoint(kept.options());
  }
  store again(store_options{});
  EXPECT_EQ(read(again, "#lobby"), ids{});
  EXPECT_EQ(again.get("account", "alice"), std::nullopt);
}

TEST_F(a_store, reads_what_its_turn_and_those_before_it_have_said) {
  store kept(in_folder);
  kept.next_id(noon);
  add(kept, "#lobby", {1});
  kept.commit();
  for (entry_id id = 2; id < 2'000; ++id) {  // more than its journal takes
    add(kept, "#lobby", {id});
    if (id % 3 == 0) kept.commit();
    if (id % 100 == 0) ASSERT_EQ(kept.newest("#lobby"), id);
  }
  kept.commit();
  EXPECT_EQ(kept.measure().entries, 1'999U);
  EXPECT_EQ(read(kept, "#lobby", {.limit = 5'000}).size(), 1'999U);
}

TEST_F(a_store, moves_all_that_its_journal_has_as_it_was_said) {
  store kept(in_folder);
  add(kept, "#lobby", {1});
  kept.commit();
  std::vector<stored_entry> said;
  for (entry_id id = 2; id < 30; ++id) {  // statements of several rows, and a rest
    const std::string n = std::to_string(id);
    const stored_entry& e = said.emplace_back(id, static_cast<unsigned char>(id), "source " + n,
                                              "account " + n, "text " + n, "tags " + n, "extra " + n, id);
    kept.append("#lobby", {.id = e.id,
                           .kind = e.kind,
                           .source = e.source,
                           .account = e.account,
                           .text = e.text,
                           .tags = e.tags,
                           .extra = e.extra});
    kept.commit();
  }
  EXPECT_EQ(kept.read("#lobby", {.after = 1}), said);
}

TEST_F(a_store, rolls_back_a_turn_that_only_said_something) {
  store kept(in_folder);
  kept.next_id(noon);
  add(kept, "#lobby", {1});
  kept.commit();
  add(kept, "#lobby", {2});
  kept.commit();
  add(kept, "#lobby", {3});
  EXPECT_TRUE(kept.dirty());
  kept.rollback();
  EXPECT_FALSE(kept.dirty());
  add(kept, "#lobby", {4});
  kept.commit();
  EXPECT_EQ(read(kept, "#lobby"), (ids{1, 2, 4}));
}

TEST_F(a_store, loses_nothing_when_its_journal_cannot_move) {
  store kept(in_folder);
  kept.next_id(noon);
  add(kept, "#lobby", {1});
  kept.commit();
  for (const entry_id id : {2, 3, 4}) {
    add(kept, "#lobby", {id});
    kept.commit();
  }
  sqlite::connection other(folder.path("history/chat.db"), sqlite::opening::existing);
  other.run("INSERT INTO entries VALUES(1, 3, 9, 1, '', '', '', '', '')");
  EXPECT_THROW(kept.read("#lobby", {}), store_error);
  add(kept, "#lobby", {5});
  kept.commit();  // in the journal, which still has the others
  kept.put("x", "y", "1");
  EXPECT_THROW(kept.commit(), store_error);
  other.run("DELETE FROM entries WHERE id = 3");
  EXPECT_EQ(read(kept, "#lobby"), (ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(kept.get("x", "y"), "1");
}

TEST_F(a_store, reads_a_window_from_either_end_in_ascending_order) {
  store kept(in_folder);
  add(kept, "#lobby", {10, 20, 30, 40, 50});
  add(kept, "#another", {15, 25, 60});
  EXPECT_EQ(read(kept, "#lobby", {.limit = 2}), (ids{40, 50}));
  EXPECT_EQ(read(kept, "#lobby", {.before = 40, .limit = 2}), (ids{20, 30}));
  EXPECT_EQ(read(kept, "#lobby", {.after = 10, .limit = 2, .from = end::oldest}), (ids{20, 30}));
  EXPECT_EQ(read(kept, "#lobby", {.after = 10, .before = 40}), (ids{20, 30}));
  EXPECT_EQ(read(kept, "#lobby", {.after = 15, .before = 35, .limit = 1, .from = end::oldest}), ids{20});
  EXPECT_EQ(read(kept, "#lobby", {.after = 50}), ids{});
  EXPECT_EQ(read(kept, "#lobby", {.limit = 0}), ids{});
  EXPECT_EQ(read(kept, "#lobby", {.limit = SIZE_MAX}), (ids{10, 20, 30, 40, 50}));
  EXPECT_EQ(read(kept, "#nowhere"), ids{});
}

TEST_F(a_store, reads_only_the_kinds_asked_for) {
  store kept(in_folder);
  add(kept, "#lobby", {1}, 0);
  add(kept, "#lobby", {2, 3}, 5);
  add(kept, "#lobby", {4}, 63);
  EXPECT_EQ(read(kept, "#lobby", {.limit = 2, .kinds = kind_bit(0) | kind_bit(5)}), (ids{2, 3}));
  EXPECT_EQ(read(kept, "#lobby", {.kinds = kind_bit(63)}), ids{4});
  EXPECT_EQ(read(kept, "#lobby", {.kinds = 0}), ids{});
  EXPECT_EQ(kept.newest("#lobby", kind_bit(5)), 3U);
  EXPECT_EQ(kept.newest("#lobby", kind_bit(6)), 0U);
}

TEST_F(a_store, knows_the_newest_of_each_conversation) {
  store kept(in_folder);
  add(kept, "#a", {1, 4});
  add(kept, "#b", {2});
  add(kept, "#c", {3});
  kept.remove("#c", 3);
  EXPECT_EQ(kept.newest("#a"), 4U);
  EXPECT_EQ(kept.newest("#c"), 0U);
  EXPECT_EQ(kept.newest("#nowhere"), 0U);
  const std::vector<std::string> among = {"#b", "#nowhere", "#c", "#a"};
  EXPECT_EQ(kept.newest(among), (std::vector<std::pair<std::string, entry_id>>{{"#b", 2}, {"#a", 4}}));
}

TEST_F(a_store, removes_one_entry) {
  store kept(in_folder);
  add(kept, "#lobby", {1, 2, 3});
  EXPECT_TRUE(kept.remove("#lobby", 3));
  EXPECT_FALSE(kept.remove("#lobby", 3));
  EXPECT_FALSE(kept.remove("#nowhere", 1));
  EXPECT_EQ(kept.newest("#lobby"), 2U);
  add(kept, "#lobby", {4});
  EXPECT_EQ(read(kept, "#lobby"), (ids{1, 2, 4}));
}

TEST_F(a_store, renames_a_conversation_with_its_history) {
  store kept(in_folder);
  add(kept, "#old", {1, 2});
  add(kept, "#taken", {3});
  add(kept, "#emptied", {4});
  kept.remove("#emptied", 4);
  EXPECT_FALSE(kept.rename("#old", "#taken"));
  EXPECT_FALSE(kept.rename("#old", "#old"));
  EXPECT_FALSE(kept.rename("#nowhere", "#new"));
  EXPECT_TRUE(kept.rename("#old", "#new"));
  EXPECT_TRUE(kept.rename("#new", "#emptied"));
  add(kept, "#emptied", {5});
  add(kept, "#old", {6});
  EXPECT_EQ(read(kept, "#emptied"), (ids{1, 2, 5}));
  EXPECT_EQ(read(kept, "#new"), ids{});
  EXPECT_EQ(read(kept, "#old"), ids{6});
}

TEST_F(a_store, erases_a_conversation_at_once_and_its_rows_in_steps) {
  store kept(in_folder);
  add(kept, "#lobby", {1, 2, 3, 4, 5});
  kept.erase("#lobby");
  EXPECT_EQ(read(kept, "#lobby"), ids{});
  EXPECT_EQ(kept.newest("#lobby"), 0U);
  add(kept, "#lobby", {6});
  EXPECT_EQ(read(kept, "#lobby"), ids{6});
  EXPECT_EQ(kept.measure().entries, 6U);
  const auto first = kept.prune(0, SIZE_MAX, 2);
  EXPECT_EQ(first.removed, 2U);
  EXPECT_FALSE(first.done);
  EXPECT_EQ(kept.prune(0, SIZE_MAX, 100).removed, 3U);
  EXPECT_EQ(kept.measure().entries, 1U);
  EXPECT_EQ(read(kept, "#lobby"), ids{6});
}

TEST_F(a_store, erases_what_came_behind_an_entry_and_goes_on_there) {
  {
    store kept(in_folder);
    add(kept, "#lobby", {1, 2, 3});
    add(kept, "#lobby", {4, 5});
    add(kept, "#young", {6, 7});
    kept.erase_after("#lobby", 3);
    kept.erase_after("#young", 5);
    kept.erase_after("#nowhere", 5);
    EXPECT_EQ(read(kept, "#lobby"), (ids{1, 2, 3}));
    EXPECT_EQ(read(kept, "#young"), ids{});
    add(kept, "#lobby", {8});
    add(kept, "#young", {9});
    kept.commit();
  }
  store kept(in_folder);
  EXPECT_GE(kept.last_id(), 9U);
  EXPECT_EQ(read(kept, "#lobby"), (ids{1, 2, 3, 8}));
  EXPECT_EQ(read(kept, "#young"), ids{9});
  kept.erase_after("#lobby", 8);
  EXPECT_EQ(read(kept, "#lobby"), (ids{1, 2, 3, 8}));
}

TEST_F(a_store, hides_what_is_over_at_once_and_deletes_it_a_little_at_a_time) {
  {
    store kept(in_folder);
    add(kept, "#lobby", {1, 2, 3, 4, 5});
    kept.erase_after("#lobby", 2);
    add(kept, "#lobby", {6, 7, 8, 9});
    kept.erase_after("#lobby", 8);
    add(kept, "#lobby", {10});
    kept.commit();
  }
  store kept(in_folder);
  const auto read_ids = [&](entry_range which) {
    ids found;
    for (const stored_entry& e : kept.read("#lobby", which)) found.push_back(e.id);
    return found;
  };
  const ids left = {1, 2, 6, 7, 8, 10};
  EXPECT_EQ(kept.measure().entries, 10U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(read(kept, "#lobby"), left);
    EXPECT_EQ(read_ids({.limit = 3}), (ids{7, 8, 10}));
    EXPECT_EQ(read_ids({.limit = 3, .from = end::oldest}), (ids{1, 2, 6}));
    EXPECT_EQ(read_ids({.after = 3, .before = 10, .from = end::oldest}), (ids{6, 7, 8}));
    EXPECT_EQ(read_ids({.after = 2, .before = 6}), ids{});
    EXPECT_EQ(kept.find("#lobby", 4), std::nullopt);
    EXPECT_TRUE(kept.find("#lobby", 6));
    if (kept.prune(0, SIZE_MAX, 1).done) break;
    kept.commit();
  }
  EXPECT_EQ(kept.get("ended", "1 00000000000000000002"), std::nullopt);
  EXPECT_TRUE(kept.rename("#lobby", "#other"));
  kept.erase_after("#other", 2);
  EXPECT_EQ(read(kept, "#other"), (ids{1, 2}));
  EXPECT_EQ(kept.newest("#other"), 2U);
  add(kept, "#other", {11});
  kept.erase("#other");
  add(kept, "#other", {12});
  EXPECT_EQ(read(kept, "#other"), ids{12});
  while (!kept.prune(0, SIZE_MAX, 2).done) {
  }
  EXPECT_EQ(read(kept, "#other"), ids{12});
  EXPECT_EQ(kept.measure().entries, 1U);
}

TEST_F(a_store, ends_a_long_part_in_no_time) {
  store kept(in_folder);
  add(kept, "#lobby", {1});
  for (entry_id id = 2; id <= 100'000; ++id) kept.append("#lobby", {.id = id, .kind = 1, .text = "secret"});
  kept.commit();
  kept.erase_after("#lobby", 1);
  EXPECT_EQ(kept.prune(0, SIZE_MAX, 100).removed, 100U);  // they are all there still
  EXPECT_EQ(read(kept, "#lobby"), ids{1});
}

TEST_F(a_store, reads_messages_among_others_by_their_kinds_from_either_end) {
  store kept(in_folder);
  for (entry_id id = 1; id <= 40; ++id) add(kept, "#lobby", {id}, static_cast<unsigned char>(id % 4));
  const auto read_ids = [&](entry_range which) {
    ids found;
    for (const stored_entry& e : kept.read("#lobby", which)) found.push_back(e.id);
    return found;
  };
  const kind_set second = kind_bit(2), both = found_kinds, and_third = found_kinds | kind_bit(3);
  EXPECT_EQ(read_ids({.limit = 2, .kinds = second}), (ids{34, 38}));
  EXPECT_EQ(read_ids({.limit = 3, .kinds = both}), (ids{34, 37, 38}));
  EXPECT_EQ(read_ids({.limit = 3, .kinds = and_third}), (ids{37, 38, 39}));
  EXPECT_EQ(read_ids({.after = 5, .limit = 3, .from = end::oldest, .kinds = both}), (ids{6, 9, 10}));
  EXPECT_EQ(read_ids({.before = 10, .limit = 2, .kinds = both}), (ids{6, 9}));
  EXPECT_EQ(kept.newest("#lobby", both), 38U);
  EXPECT_EQ(kept.newest("#lobby", kind_bit(3)), 39U);
  EXPECT_EQ(kept.newest("#lobby"), 40U);
}

TEST_F(a_store, keeps_no_more_of_what_does_not_count_than_it_was_told) {
  store kept(in_folder);
  kept.count_only(found_kinds, 5);
  for (entry_id id = 1; id <= 40; ++id)
    add(kept, "#lobby", {id}, static_cast<unsigned char>(id % 2 + 1 + id % 2 * 3));
  while (!kept.prune(0, SIZE_MAX, 7).done) {
  }
  EXPECT_EQ(kept.read("#lobby", {.kinds = found_kinds}).size(), 20U);
  EXPECT_EQ(kept.read("#lobby", {.kinds = ~found_kinds}).size(), 5U);
}

TEST_F(a_store, refuses_an_entry_that_is_not_at_the_end) {
  store kept(in_folder);
  add(kept, "#lobby", {5});
  EXPECT_THROW(add(kept, "#lobby", {5}), std::invalid_argument);
  EXPECT_THROW(add(kept, "#lobby", {4}), std::invalid_argument);
  EXPECT_THROW(add(kept, "#other", {0}), std::invalid_argument);
  EXPECT_THROW(add(kept, "#lobby", {6}, 64), std::invalid_argument);
  add(kept, "#lobby", {6});
  kept.commit();
  EXPECT_EQ(read(kept, "#lobby"), (ids{5, 6}));
}

TEST_F(a_store, gives_ids_that_are_the_time_and_only_increase) {
  store kept(in_folder);
  const entry_id first = kept.next_id(noon);
  EXPECT_EQ(first, 1'700'000'000'000'000U);
  EXPECT_EQ(kept.next_id(noon), first + 1);
  EXPECT_EQ(kept.next_id(noon - 1h), first + 2);
  EXPECT_EQ(kept.next_id(noon + 1s), first + 1'000'000);
  EXPECT_EQ(kept.next_id(moment(-1h)), first + 1'000'001);
}

TEST_F(a_store, gives_no_id_twice_after_a_restart) {
  entry_id last = 0;
  {
    store kept(in_folder);
    kept.next_id(noon);
    EXPECT_TRUE(kept.dirty());  // so that it is not told before it is known to be taken
    kept.commit();
    last = kept.next_id(noon + 1ms);
    EXPECT_FALSE(kept.dirty());
  }
  store again(in_folder);
  EXPECT_EQ(again.next_id(noon - 24h), last + 1);
}

TEST_F(a_store, gives_ids_above_those_it_was_given) {
  store kept(in_folder);
  add(kept, "#lobby", {1'800'000'000'000'000});
  kept.rollback();
  EXPECT_EQ(kept.next_id(noon), 1'800'000'000'000'001U);
}

TEST_F(a_store, replaces_and_erases_documents) {
  store kept(in_folder);
  kept.put("account", "alice", R"({"a":1})");
  kept.put("account", "alice", R"({"a":2})");
  kept.put("room", "alice", "[]");
  EXPECT_EQ(kept.get("account", "alice"), R"({"a":2})");
  EXPECT_EQ(kept.get("account", "bob"), std::nullopt);
  EXPECT_TRUE(kept.erase("account", "alice"));
  EXPECT_FALSE(kept.erase("account", "alice"));
  EXPECT_EQ(kept.get("account", "alice"), std::nullopt);
  EXPECT_EQ(kept.get("room", "alice"), "[]");
}

TEST_F(a_store, visits_documents_in_the_order_of_their_keys) {
  store kept(in_folder);
  for (const char* key : {"b", "a/2", "a/1", "a", "\U0010ffff", "a0"}) kept.put("x", key, "1");
  kept.put("y", "a/3", "1");
  EXPECT_EQ(keys(kept, "x"), (strings{"a", "a/1", "a/2", "a0", "b", "\U0010ffff"}));
  EXPECT_EQ(keys(kept, "x", "a/"), (strings{"a/1", "a/2"}));
  EXPECT_EQ(keys(kept, "x", "\U0010ffff"), strings{"\U0010ffff"});
  EXPECT_EQ(keys(kept, "x", "c"), strings{});
}

TEST_F(a_store, lets_a_visitor_change_what_it_visits) {
  store kept(in_folder);
  for (int i = 1000; i < 2000; ++i) kept.put("x", std::to_string(i), "1");
  int visited = 0;
  kept.each("x", [&](std::string_view key, std::string_view) {
    ++visited;
    kept.erase("x", key);
    EXPECT_EQ(keys(kept, "x", key), strings{});
  });
  EXPECT_EQ(visited, 1000);
  EXPECT_EQ(keys(kept, "x"), strings{});
}

TEST_F(a_store, prunes_by_age_and_by_number_within_its_budget) {
  store kept(in_folder);
  for (entry_id id = 1; id <= 100; ++id) add(kept, id % 2 ? "#odd" : "#even", {id});
  add(kept, "#quiet", {3});
  std::size_t removed = 0;
  int calls = 0;
  for (store::pruned step{.done = false}; !step.done; ++calls) {
    step = kept.prune(21, 30, 10);
    EXPECT_LE(step.removed, 10U);
    removed += step.removed;
  }
  EXPECT_EQ(removed,
            41U);  // 20 of each by number, which is more than those below 21, and the quiet one by age
  EXPECT_GT(calls, 4);
  EXPECT_EQ(read(kept, "#odd", {.limit = 1, .from = end::oldest}), ids{41});
  EXPECT_EQ(read(kept, "#even", {.limit = 1, .from = end::oldest}), ids{42});
  EXPECT_EQ(kept.measure().conversations, 2U);
  EXPECT_EQ(kept.prune(61, 30, 1000).removed, 20U);
  EXPECT_EQ(kept.prune(61, 30, 1000).removed, 0U);
  add(kept, "#quiet", {101});
  kept.commit();
  EXPECT_EQ(read(kept, "#quiet"), ids{101});
}

/// So that who comes and goes pushes nothing out that was said.
TEST_F(a_store, prunes_what_is_counted_and_all_others_each_by_its_number) {
  constexpr unsigned char said = 1, other = 4;
  const auto of_kind = [](store& kept, unsigned char kind) {
    return read(kept, "#a", {.limit = 1000, .from = end::oldest, .kinds = kind_bit(kind)});
  };
  const auto prune = [](store& kept) {
    std::size_t removed = 0;
    for (store::pruned step{.done = false}; !step.done; removed += step.removed) step = kept.prune(0, 10, 7);
    return removed;
  };
  store kept(in_folder);
  kept.count_only(kind_bit(said));
  entry_id id = 0;
  const auto append = [&](unsigned char kind, int times) {
    for (int i = 0; i < times; ++i) kept.append("#a", {.id = ++id, .kind = kind, .text = "x"});
    kept.commit();
  };
  append(said, 8);
  append(other, 500);
  append(said, 2);
  EXPECT_EQ(prune(kept), 490U);
  EXPECT_EQ(of_kind(kept, said), (ids{1, 2, 3, 4, 5, 6, 7, 8, 509, 510}));
  EXPECT_EQ(of_kind(kept, other), (ids{499, 500, 501, 502, 503, 504, 505, 506, 507, 508}));
  EXPECT_EQ(prune(kept), 0U);
  append(other, 1);
  append(said, 1);
  EXPECT_EQ(prune(kept), 2U);
  EXPECT_EQ(of_kind(kept, said).front(), 2U);
  EXPECT_EQ(of_kind(kept, other).front(), 500U);
}

TEST_F(a_store, prunes_everything_when_nothing_may_stay) {
  store kept(in_folder);
  add(kept, "#a", {1, 2});
  add(kept, "#b", {3});
  EXPECT_EQ(kept.prune(0, 0, 100).removed, 3U);
  EXPECT_EQ(kept.measure().conversations, 0U);
}

TEST_F(a_store, measures_itself) {
  store kept(in_folder);
  add(kept, "#a", {1, 2, 3});
  add(kept, "#b", {4});
  kept.commit();
  const store::statistics all = kept.measure();
  EXPECT_EQ(all.conversations, 2U);
  EXPECT_EQ(all.entries, 4U);
  EXPECT_GE(all.file_bytes, 4U * 4096U);
  EXPECT_GT(all.log_bytes, 4096U);
}

TEST_F(a_store, waits_for_the_disk_only_when_asked_to) {
  faulty_vfs disk;
  const auto syncs = [&](durability keeps) {
    store kept({.folder = folder.path(keeps == durability::power ? "power" : "process"),
                .keeps = keeps,
                .vfs = disk.name()});
    add(kept, "#lobby", {1});
    kept.commit();  // the log's first: its header is synced
    disk.mend();
    for (entry_id id = 2; id < 12; ++id) {
      add(kept, "#lobby", {id});
      kept.commit();
    }
    return disk.syncs();
  };
  EXPECT_EQ(syncs(durability::process), 0U);
  EXPECT_EQ(syncs(durability::power), 10U);
}

TEST_F(a_store, asks_for_a_checkpoint_when_its_log_is_long) {
  store kept(in_folder);
  EXPECT_FALSE(kept.checkpoint_due());
  const std::string text(400, 'x');
  entry_id id = 0;
  const auto say = [&] {
    kept.append("#lobby", {.id = ++id, .text = text});
    kept.commit();
  };
  // Each read moves what the journal has into the database.
  const auto log_is_long = [&] {
    say();
    kept.newest("#lobby");
    kept.commit();
    return kept.checkpoint_due();
  };
  while (!log_is_long() && id < 10'000) {
  }
  EXPECT_FALSE(kept.checkpoint_due());  // said once
  EXPECT_TRUE(log_is_long());
  const auto before = kept.measure();
  EXPECT_GE(before.log_bytes, 8U << 20U);
  EXPECT_LT(before.log_bytes, 9U << 20U);
  checkpoint(kept.options());
  EXPECT_FALSE(log_is_long());
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(log_is_long());
  EXPECT_EQ(kept.measure().log_bytes, before.log_bytes);  // the log's space is used again
  EXPECT_EQ(kept.newest("#lobby"), id);
}

TEST(store_threads, a_checkpoint_runs_beside_commits) {
  const temporary_folder folder;
  const store_options options{.folder = folder.path("history")};
  store kept(options);
  const std::string text(400, 'x');
  entry_id id = 0;
  for (int round = 0; round < 5; ++round) {
    std::jthread worker([&] { checkpoint(options); });
    for (int i = 0; i < 500; ++i) {
      kept.append("#lobby", {.id = ++id, .text = text});
      kept.commit();
    }
  }
  EXPECT_EQ(kept.read("#lobby", {.limit = 10'000}).size(), id);
}
