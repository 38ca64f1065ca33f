// What searching in the chat's history costs, in a folder of its own, which is removed afterwards:
//
//   $ search_index [MESSAGES [FOLDER]]
//   messages=1000000 index_us_per_message=9.1 history_bytes=... index_bytes=...
//   a_word p50_ms=0.4 p99_ms=0.9 max_ms=1.2 found=100
//
// MESSAGES, 1,000,000 if not given, are said by a hundred people in one room over a year, in words that are as frequent as
// those of a language are (Zipf). FOLDER is where the folder is made.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/search/index.hpp>
#include <parlance/chat/store/store.hpp>

#include "loopback.hpp"

namespace {

using namespace parlance::chat;
using clock = std::chrono::steady_clock;

constexpr std::string_view usage = "search_index [MESSAGES [FOLDER]]";
constexpr std::string_view room = "#long";
constexpr int people = 100, vocabulary = 50'000, queries = 500;

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// Words of 2 to 9 letters, the n-th most frequent of which comes with a probability of about 1/n.
class language {
 public:
  language() {
    std::vector<double> weights;
    for (int n = 0; n < vocabulary; ++n) {
      weights.push_back(1.0 / (n + 2.7));
      std::string word;
      for (int rest = n + 26; rest > 0; rest /= 26) word += static_cast<char>('a' + rest % 26);
      words_.push_back(word + (n % 3 ? "en" : ""));
    }
    which_ = std::discrete_distribution<int>(weights.begin(), weights.end());
  }
  std::string word() { return words_[static_cast<std::size_t>(which_(chance_))]; }
  /// One of the n-th most frequent words on, as people look for them.
  std::string rare_word(int from) { return words_[static_cast<std::size_t>(from + below(vocabulary / 2))]; }
  std::string sentence() {
    std::string all = word();
    for (int n = 3 + below(15); n > 0; --n) all += ' ' + word();
    return all;
  }
  int below(int n) { return static_cast<int>(chance_() % static_cast<unsigned>(n)); }

 private:
  std::mt19937 chance_{7};
  std::vector<std::string> words_;
  std::discrete_distribution<int> which_;
};

/// Gives some of what was said, for phrases.
std::vector<std::string> fill(store& kept, language& speech, std::size_t messages) {
  std::vector<std::string> some;
  const auto year = std::chrono::hours(24 * 365);
  const auto begin = std::chrono::system_clock::now() - year;
  const auto step = std::chrono::duration_cast<std::chrono::microseconds>(year) / messages;
  for (std::size_t i = 0; i < messages; ++i) {
    const std::string text = speech.sentence(), nick = fmt::format("nick{}", speech.below(people));
    if (i % (messages / queries + 1) == 0) some.push_back(text);
    kept.append(room, {.id = kept.next_id(begin + static_cast<std::int64_t>(i) * step),
                       .kind = 1,
                       .source = nick + "!user@host.example",
                       .account = nick,
                       .text = text});
    if (i % 200 == 199) kept.commit();
    if (kept.checkpoint_due()) checkpoint(kept.options());
  }
  kept.commit();
  kept.settle();
  checkpoint(kept.options());
  return some;
}

void measure(search_index& in, std::string_view name, const std::function<search_request()>& next) {
  std::vector<double> all;
  std::size_t found = 0;
  for (int i = 0; i < queries; ++i) {
    search_request what = next();
    what.among = {{std::string(room)}};
    const auto start = clock::now();
    found += in.find(what).all.size();
    all.push_back(seconds_since(start) * 1000);
  }
  std::ranges::sort(all);
  fmt::print("{} p50_ms={:.2f} p99_ms={:.2f} max_ms={:.2f} found={}\n", name, all[queries / 2],
             all[queries * 99 / 100], all.back(), found / queries);
}

void measure_all(search_index& in, language& speech, const std::vector<std::string>& said, entry_id first,
                 entry_id last) {
  const auto some = [&] {
    return said[static_cast<std::size_t>(speech.below(static_cast<int>(said.size())))];
  };
  const auto looks_for = [](const std::string& text) { return search_request{.terms = search_terms(text)}; };
  measure(in, "a_word", [&] { return looks_for(speech.rare_word(20)); });
  measure(in, "a_frequent_word", [&] { return looks_for(speech.word()); });
  measure(in, "two_words", [&] { return looks_for(speech.word() + ' ' + speech.rare_word(20)); });
  measure(in, "two_frequent_words", [&] { return looks_for(speech.word() + ' ' + speech.word()); });
  measure(in, "a_phrase", [&] {
    const std::string text = some();
    return looks_for('"' + text.substr(0, text.find(' ', text.find(' ', text.find(' ') + 1) + 1)) + '"');
  });
  measure(in, "a_beginning", [&] { return looks_for(speech.rare_word(20).substr(0, 3) + '*'); });
  measure(in, "by_person",
          [&] { return search_request{.from = fmt::format("nick{}", speech.below(people))}; });
  measure(in, "by_person_and_word", [&] {
    search_request what = looks_for(speech.rare_word(20));
    what.from = fmt::format("nick{}", speech.below(people));
    return what;
  });
  measure(in, "by_time", [&] {
    search_request what = looks_for(speech.word());
    what.after = first + (last - first) / 1000 * static_cast<unsigned>(speech.below(990));
    what.last = what.after + (last - first) / 100;
    what.begin = speech.below(2) ? entry_range::end::oldest : entry_range::end::newest;
    return what;
  });
  measure(in, "nothing_there", [&] { return looks_for(speech.word() + " qqqqqqqq"); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3 || (argc > 1 && std::strtoull(argv[1], nullptr, 10) == 0))
    bench::fail(fmt::format("usage: {}", usage), 0);
  const std::size_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  std::string folder = (std::filesystem::path(argc > 2 ? argv[2] : "/tmp") / "search-XXXXXX").string();
  if (!::mkdtemp(folder.data())) bench::fail("cannot make a folder there");
  {
    store kept({.folder = folder});
    language speech;
    const std::vector<std::string> said = fill(kept, speech, messages);
    search_index index(kept.options());
    const auto start = clock::now();
    double longest = 0;
    search_index::progress made;
    do {
      const auto one = clock::now();
      made = index.catch_up({}, kept.last_id(), 2000);
      longest = std::max(longest, seconds_since(one) * 1000);
    } while (made.is_behind);
    fmt::print(
        "messages={} index_us_per_message={:.2f} longest_batch_ms={:.1f} history_bytes={} index_bytes={}\n",
        made.messages, seconds_since(start) * 1e6 / static_cast<double>(messages), longest,
        std::filesystem::file_size(folder + "/chat.db"), made.bytes);
    const entry_id last = made.indexed_to,
                   first = kept.read(room, {.limit = 1, .from = entry_range::end::oldest}).at(0).id;
    measure_all(index, speech, said, first, last);
    const auto middle =
        kept.read(room, {.after = first + (last - first) / 2, .limit = 1, .from = entry_range::end::oldest})
            .at(0)
            .id;
    kept.remove(room, middle);
    kept.commit();
    kept.settle();
    const auto again = clock::now();
    double step = 0;
    std::vector<entry_id> gone = {middle};
    for (bool has_more = true; has_more; gone.clear()) {
      const auto one = clock::now();
      has_more = index.tend(gone, false, 2000);
      step = std::max(step, seconds_since(one) * 1000);
    }
    fmt::print("taken_out_ms={:.1f} longest_step_ms={:.1f}\n", seconds_since(again) * 1000, step);
  }
  std::filesystem::remove_all(folder);
}
