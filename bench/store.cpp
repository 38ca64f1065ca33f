// What keeping the chat's history costs, in a folder of its own, which is removed afterwards:
//
//   $ store [ENTRIES [FOLDER]]
//   open_empty_ms=6.1
//   commit_1_us=21.3 ...
//
// ENTRIES, 1,000,000 if not given, is the length of the one long conversation that is read; FOLDER is where
// the folder is made, for the disk matters. Each figure is a median.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/store.hpp>

#include "loopback.hpp"

namespace {

using namespace parlance::chat;
using clock = std::chrono::steady_clock;

constexpr std::string_view usage = "store [ENTRIES [FOLDER]]";
constexpr std::string_view said = "a line of an ordinary length, as people write them in a room of a chat";

template <class Work> double microseconds(Work work) {
  const auto start = clock::now();
  work();
  return std::chrono::duration<double, std::micro>(clock::now() - start).count();
}

/// The median of `times` measurements.
template <class Work> double median(int times, Work work) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(work());
  std::nth_element(all.begin(), all.begin() + times / 2, all.end());
  return all[static_cast<std::size_t>(times / 2)];
}

void say(store& to, std::string_view where) {
  to.append(where, {.id = to.next_id(std::chrono::system_clock::now()),
                    .kind = 1,
                    .source = "alice!alice@host.example",
                    .account = "alice",
                    .text = said});
}

void see_to_the_log(store& of) {
  if (of.checkpoint_due()) checkpoint(of.options());
}

void measure_opening(const std::filesystem::path& in) {
  int n = 0;
  fmt::print("open_empty_ms={:.2f}\n",
             median(11, [&] {
               const store_options options{.folder = in / fmt::format("empty{}", n++)};
               std::optional<store> opened;
               return microseconds([&] { opened.emplace(options); });
             }) / 1000);
}

void measure_writing(const store_options& options, std::string_view name) {
  store kept(options);
  for (const int size : {1, 10, 100}) {
    std::vector<double> commits;
    const double appends = median(1001, [&] {
      const double one = microseconds([&] {
        for (int i = 0; i < size; ++i) say(kept, "#writing");
      });
      commits.push_back(microseconds([&] { kept.commit(); }));
      see_to_the_log(kept);
      return one;
    });
    std::ranges::sort(commits);
    fmt::print(
        "{}: turn_of={} append_us={:.2f} commit_p50_us={:.1f} commit_p99_us={:.1f} commit_max_us={:.0f}\n",
        name, size, appends / size, commits[500], commits[990], commits[1000]);
  }
}

void fill(store& kept, std::size_t entries) {
  const double all = microseconds([&] {
    for (std::size_t i = 0; i < entries; ++i) {
      say(kept, "#long");
      if (i % 100 == 99) {
        kept.commit();
        see_to_the_log(kept);
      }
    }
    kept.commit();
  });
  fmt::print("fill_entries={} entries_per_second={:.0f}\n", entries,
             static_cast<double>(entries) / all * 1e6);
}

void measure_reading(store& kept) {
  using end = entry_range::end;
  const entry_id newest = kept.newest("#long");
  const entry_id oldest = kept.read("#long", {.limit = 1, .from = end::oldest}).at(0).id;
  const entry_id middle = oldest + (newest - oldest) / 2;
  const auto time = [&](std::string_view name, const entry_range& which) {
    std::size_t count = 0;
    const double taken =
        median(101, [&] { return microseconds([&] { count = kept.read("#long", which).size(); }); });
    fmt::print("{}_us={:.0f} entries={}\n", name, taken, count);
  };
  time("latest_100", {.limit = 100});
  time("before_the_middle_100", {.before = middle, .limit = 100});
  time("after_the_middle_100", {.after = middle, .limit = 100, .from = end::oldest});
  fmt::print("newest_us={:.2f}\n", median(101, [&] { return microseconds([&] { kept.newest("#long"); }); }));
  fmt::print("prune_1000_us={:.0f}\n", median(11, [&] {
               const double taken = microseconds([&] { kept.prune(newest, 0, 1000); });
               kept.rollback();
               return taken;
             }));
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string_view> given(arguments + 1, arguments + count);
  if (given.size() > 2) {
    fmt::print(stderr, "usage: {}\n", usage);
    return 2;
  }
  const auto entries =
      given.empty() ? 1'000'000 : bench::number<std::size_t>(given[0], 1, 1'000'000'000, usage);
  std::string folder = std::filesystem::path(given.size() > 1 ? given[1] : "/tmp") / "store-XXXXXX";
  if (!::mkdtemp(folder.data())) bench::fail(folder);
  const std::filesystem::path in = folder;
  measure_opening(in);
  measure_writing({}, "memory");
  measure_writing({.folder = in / "process"}, "process");
  measure_writing({.folder = in / "power", .keeps = durability::power}, "power");
  const store_options filled{.folder = in / "filled"};
  {
    store kept(filled);
    fill(kept, entries);
  }
  fmt::print("open_filled_ms={:.2f}\n", median(11, [&] {
                                          std::optional<store> kept;
                                          return microseconds([&] { kept.emplace(filled); });
                                        }) / 1000);
  store kept(filled);
  measure_reading(kept);
  std::error_code ignored;
  std::filesystem::remove_all(in, ignored);
}
