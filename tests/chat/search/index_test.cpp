// The index: that it finds what a look at every message finds, whatever becomes of the history, the file or the process.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <parlance/chat/search/index.hpp>
#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

using ids = std::vector<entry_id>;

class message_index : public testing::Test {
 protected:
  message_index() { open(); }

  void open() {
    index.reset();
    kept.reset();
    kept = std::make_unique<store>(store_options{.folder = folder.path("")});
    index = std::make_unique<search_index>(kept->options());
  }
  entry_id say(std::string_view where, std::string_view text, std::string_view who = "alice!a@host",
               unsigned char kind = 1) {
    const entry_id id = kept->next_id(std::chrono::system_clock::now());
    kept->append(where, {.id = id, .kind = kind, .source = who, .text = text});
    kept->commit();
    return id;
  }
  search_index::progress catch_up(std::size_t most = 1000) {
    EXPECT_TRUE(kept->settle());
    search_index::progress made;
    do made = index->catch_up({}, kept->last_id(), most);
    while (made.is_behind);
    return made;
  }
  void tend(const ids& gone, bool review = false) {
    while (index->tend(std::exchange(left, {}), review, 1000)) review = false;
    left = gone;
    while (index->tend(std::exchange(left, {}), false, 1000)) continue;
  }
  ids find(std::string_view text, const std::vector<std::string>& where = {"#a"},
           std::string_view from = {}) {
    search_request what{.terms = search_terms(text), .from = std::string(from), .limit = 100'000};
    for (const std::string& name : where) what.among.push_back({name});
    ids all;
    for (const search_hit& hit : index->find(what).all) all.push_back(hit.id);
    std::ranges::reverse(all);
    return all;
  }
  /// Whether the bytes are anywhere in the index's files.
  bool has_bytes(std::string_view what) const {
    for (const char* name : {"search.db", "search.db-wal"}) {
      std::ifstream file(folder.path(name), std::ios::binary);
      const std::string all{std::istreambuf_iterator<char>(file), {}};
      if (all.find(what) != all.npos) return true;
    }
    return false;
  }

  const temporary_folder folder;
  std::unique_ptr<store> kept;
  std::unique_ptr<search_index> index;
  ids left;
};

}  // namespace

TEST_F(message_index, finds_words_phrases_and_people_in_the_conversations_that_are_named) {
  const entry_id a = say("#a", "We deploy the new server tonight"), b = say("#b", "deploy here"),
                 c = say("#a", "Tonight: new coffee", "Bob!b@host"),
                 d = say("#a", "the server is down", "bob!b@host", 2);
  say("#a", "deploy", "alice!a@host", 9);  // somebody's leaving, say
  catch_up();
  EXPECT_EQ(find("DEPLOY"), ids{a});
  EXPECT_EQ(find("deploy", {"#a", "#b"}), (ids{a, b}));
  EXPECT_EQ(find("new tonight"), (ids{a, c}));
  EXPECT_EQ(find("\"new server\""), ids{a});
  EXPECT_EQ(find("\"server new\""), ids{});
  EXPECT_EQ(find("serv*"), (ids{a, d}));
  EXPECT_EQ(find("serv"), ids{});
  EXPECT_EQ(find("", {"#a"}, "bob"), (ids{c, d}));
  EXPECT_EQ(find("server", {"#a"}, "BOB"), ids{d});
  EXPECT_EQ(find("server", {"#a"}, "alice!a@host"), ids{});
  EXPECT_EQ(find("", {"#a"}), (ids{a, c, d}));
  EXPECT_EQ(find("deploy", {"#c"}), ids{});
  EXPECT_EQ(find("deploy", {}), ids{});
}

TEST_F(message_index, finds_chinese_by_words_of_any_length) {
  const entry_id a = say("#a", "我们今天部署新的服务器"), b = say("#a", "服务很好，中文也行");
  catch_up();
  EXPECT_EQ(find("服务"), (ids{a, b}));
  EXPECT_EQ(find("服务器"), ids{a});
  EXPECT_EQ(find("中文"), ids{b});
  EXPECT_EQ(find("新"), ids{a});
  EXPECT_EQ(find("务服"), ids{});
}

TEST_F(message_index, takes_what_is_typed_for_words_and_nothing_else) {
  const entry_id a = say("#a", "NEAR OR AND NOT rowid who said 1 words"), b = say("#a", "c'est \"quoted\"");
  catch_up();
  for (const char* typed : {"near(a b, 1)", "who:alice", "{said}: x", "a OR b", "- NOT words", "^near",
                            "a + b", "\"", "'", "*", "(((", "1=1", "words\0x", "said : x", "\\", "words AND"})
    find(typed);
  EXPECT_EQ(find("OR"), ids{a});
  EXPECT_EQ(find("words OR"), ids{a});
  EXPECT_EQ(find("words OR quoted"), ids{});
  EXPECT_EQ(find("who:alice"), ids{});
  EXPECT_EQ(find("c'est quoted"), ids{b});
  EXPECT_EQ(find("- words -"), ids{a});
  EXPECT_EQ(find("- ;"), ids{});
}

TEST_F(message_index, heeds_places_and_limits_from_either_end) {
  ids all;
  for (int i = 0; i < 20; ++i) all.push_back(say("#a", "line " + std::to_string(i)));
  catch_up();
  search_request what{.among = {{"#a"}}, .terms = search_terms("line"), .limit = 3};
  const auto found = [&] {
    ids its;
    for (const search_hit& hit : index->find(what).all) its.push_back(hit.id);
    return its;
  };
  EXPECT_EQ(found(), (ids{all[19], all[18], all[17]}));
  what.last = all[5];
  EXPECT_EQ(found(), (ids{all[5], all[4], all[3]}));
  what.begin = entry_range::end::oldest;
  what.after = all[1];
  EXPECT_EQ(found(), (ids{all[2], all[3], all[4]}));
  what.among[0].since = all[4];
  EXPECT_EQ(found(), (ids{all[4], all[5]}));
  what.terms = {};
  EXPECT_EQ(found(), (ids{all[4], all[5]}));
}

TEST_F(message_index, goes_on_where_it_was) {
  const entry_id a = say("#a", "one");
  catch_up();
  const entry_id b = say("#a", "one more"), c = say("#new", "one there");
  kept->settle();
  EXPECT_EQ(index->catch_up({"#a", "#new"}, kept->last_id(), 1000).messages, 3U);
  EXPECT_EQ(find("one", {"#a", "#new"}), (ids{a, b, c}));
  open();
  const entry_id d = say("#a", "one again");
  EXPECT_FALSE(catch_up().is_new);
  EXPECT_EQ(find("one"), (ids{a, b, d}));
}

TEST_F(message_index, follows_a_conversation_to_another_name) {
  const entry_id a = say("#a", "one");
  catch_up();
  const entry_id b = say("#a", "one more");
  kept->rename("#a", "#z");
  kept->commit();
  kept->settle();
  index->catch_up({"#a"}, kept->last_id(), 1000);
  EXPECT_EQ(find("one", {"#z"}), (ids{a, b}));
  EXPECT_EQ(find("one", {"#a"}), ids{});
}

TEST_F(message_index, has_nothing_left_of_what_was_taken_out) {
  const entry_id a = say("#a", "the secretword is here"), b = say("#a", "and nothing else"),
                 c = say("#b", "otherword");
  catch_up();
  EXPECT_TRUE(has_bytes("secretword"));
  kept->remove("#a", a);
  kept->commit();
  kept->settle();
  tend({a});
  EXPECT_EQ(find("secretword"), ids{});
  EXPECT_FALSE(has_bytes("secretword"));
  EXPECT_EQ(find("nothing"), ids{b});
  EXPECT_EQ(find("otherword", {"#b"}), ids{c});
  kept->erase("#b");
  kept->commit();
  kept->settle();
  tend({}, true);
  EXPECT_FALSE(has_bytes("otherword"));
  EXPECT_EQ(find("nothing"), ids{b});
}

TEST_F(message_index, finds_out_at_the_start_that_something_has_gone) {
  const entry_id a = say("#a", "the secretword is here"), b = say("#a", "and nothing else");
  catch_up();
  open();
  kept->remove("#a", a);
  kept->commit();
  kept->settle();
  tend({});
  EXPECT_FALSE(has_bytes("secretword"));
  catch_up();
  EXPECT_EQ(find("nothing"), ids{b});
}

TEST_F(message_index, is_made_anew_when_it_is_damaged_missing_or_of_another_version) {
  const entry_id a = say("#a", "one");
  const auto rebuilt = [&] {
    for (int tries = 0; tries < 3; ++tries) try {
        catch_up();
        return find("one") == ids{a};
      } catch (const sqlite::failure&) {
      }
    return false;
  };
  EXPECT_TRUE(rebuilt());
  const std::string path = folder.path("search.db");
  const auto begin_again = [&] { index = std::make_unique<search_index>(kept->options()); };
  index.reset();
  std::ofstream(path) << std::string(10'000, 'x');
  begin_again();
  EXPECT_TRUE(rebuilt());
  index.reset();
  std::filesystem::remove(path);
  begin_again();
  EXPECT_TRUE(rebuilt());
  index.reset();
  {
    sqlite::connection(path, sqlite::opening::existing).run("PRAGMA user_version = 99");
  }
  begin_again();
  EXPECT_TRUE(rebuilt());
  index.reset();
  {
    sqlite::connection(path, sqlite::opening::existing).run("DROP TABLE shards; CREATE TABLE shards(x)");
  }
  begin_again();
  EXPECT_TRUE(rebuilt());
  index.reset();
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const std::string junk(40'000, '\x5a');
    file.seekp(4096);
    file << junk;
  }
  begin_again();
  EXPECT_TRUE(rebuilt());
}

TEST_F(message_index, is_for_its_owner_alone) {
  say("#a", "one");
  catch_up();
  for (const char* name : {"search.db", "search.db-wal"})
    EXPECT_EQ(std::filesystem::status(folder.path(name)).permissions() & std::filesystem::perms::all,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << name;
}

TEST_F(message_index, ends_a_search_that_takes_too_long) {
  for (int i = 0; i < 10; ++i) say("#a", "one");
  catch_up();
  search_request what{
      .among = {{"#a"}}, .terms = search_terms("one"), .until = std::chrono::steady_clock::now()};
  EXPECT_TRUE(index->find(what).is_late);
  what.until = std::chrono::steady_clock::time_point::max();
  EXPECT_EQ(index->find(what).all.size(), 10U);
  EXPECT_FALSE(index->find(what).is_late);
}

TEST_F(message_index, of_many_shards_is_searched_in_the_order_of_time) {
  constexpr int many = 70'000;
  ids all;
  for (int i = 0; i < many; ++i) {
    all.push_back(kept->next_id(std::chrono::system_clock::now()));
    kept->append(i % 3 ? "#a" : "#b", {.id = all.back(), .kind = 1, .source = "a!b@c", .text = "same word"});
    if (i % 1000 == 0) kept->commit();
  }
  kept->commit();
  EXPECT_EQ(catch_up(2000).messages, static_cast<unsigned>(many));
  EXPECT_EQ(find("word", {"#a", "#b"}), all);
  // The first of what was said ages away, and some of it is taken back.
  kept->remove("#a", all[40'000]);
  kept->prune(all[35'000], many, 1'000'000);
  kept->commit();
  kept->settle();
  tend({all[40'000]}, true);
  ids rest(all.begin() + 35'000, all.end());
  std::erase(rest, all[40'000]);
  EXPECT_EQ(find("word", {"#a", "#b"}), rest);
  open();
  tend({}, true);
  EXPECT_EQ(catch_up().messages, rest.size());
  EXPECT_EQ(find("word", {"#a", "#b"}), rest);
}

TEST_F(message_index, survives_kills_at_any_moment) {
  ids all;
  for (int i = 0; i < 5000; ++i) {
    all.push_back(kept->next_id(std::chrono::system_clock::now()));
    kept->append("#a",
                 {.id = all.back(), .kind = 1, .source = "a!b@c", .text = i % 2 ? "odd word" : "even word"});
  }
  kept->commit();
  const store_options options = kept->options();
  kept.reset();
  for (int turn = 0; turn < 25; ++turn) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        search_index in(options);
        while (true) {
          in.catch_up({}, all.back(), 50);
          in.tend({all[17], all[2500]}, true, 50);
        }
      } catch (...) {
        ::_exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + turn * 3));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it could not go on";
  }
  open();
  catch_up();
  tend({}, true);
  EXPECT_EQ(find("word"), all);
  EXPECT_EQ(find("odd").size(), 2500U);
  EXPECT_EQ(catch_up().messages, all.size());
}
