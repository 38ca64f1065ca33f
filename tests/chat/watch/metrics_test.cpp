#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <parlance/chat/watch/metrics.hpp>

using namespace std::literals;
using namespace parlance::chat;

namespace {

std::string page_of(const metrics& m) {
  std::string page;
  m.render(page);
  return page;
}

bool has_line(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

double value_of(const std::string& page, const std::string& name) {
  const auto at = ("\n" + page).find("\n" + name + " ");
  if (at == std::string::npos) return -1;
  return std::stod(page.substr(at + name.size() + 1));
}

/// Every line is a comment that describes the metric that follows, or a sample of it, as the format asks.
void expect_well_formed(const std::string& page) {
  static const std::regex help("# HELP ([a-z_]+) [^\\n]+");
  static const std::regex type("# TYPE ([a-z_]+) (counter|gauge|histogram)");
  static const std::regex sample(R"(([a-z_]+)(\{[a-z]+="[^"]+"\})? [0-9.e+-]+)");
  std::istringstream lines(page);
  std::string name, kind;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, help)) {
      name = found[1];
      EXPECT_TRUE(seen.insert(name).second) << name << " is described twice";
    } else if (std::regex_match(line, found, type)) {
      EXPECT_EQ(found[1], name);
      kind = found[2];
      EXPECT_EQ(name.ends_with("_total"), kind == "counter") << line;
    } else if (std::regex_match(line, found, sample)) {
      EXPECT_TRUE(found[1].str().starts_with(name)) << line;
    } else {
      ADD_FAILURE() << "no line of the format: " << line;
    }
  }
  EXPECT_TRUE(page.ends_with('\n'));
}

}  // namespace

TEST(metrics, are_rendered_with_help_and_type) {
  metrics m;
  m.messages_in.add();
  m.messages_in.add(41);
  m.members.set(7);
  m.members.sub();
  const std::string page = page_of(m);
  expect_well_formed(page);
  EXPECT_TRUE(has_line(page,
                       "# HELP parlance_messages_received_total Messages that people said.\n"
                       "# TYPE parlance_messages_received_total counter\n"
                       "parlance_messages_received_total 42"));
  EXPECT_TRUE(has_line(page, "# TYPE parlance_members gauge\nparlance_members 6"));
}

TEST(metrics, tell_connections_by_what_they_speak) {
  metrics m;
  m.connections[static_cast<std::size_t>(protocol::irc)].add(2);
  m.connections[static_cast<std::size_t>(protocol::http)].add();
  const std::string page = page_of(m);
  EXPECT_TRUE(has_line(page,
                       "parlance_connections{protocol=\"unknown\"} 0\n"
                       "parlance_connections{protocol=\"plain\"} 0\n"
                       "parlance_connections{protocol=\"irc\"} 2\n"
                       "parlance_connections{protocol=\"websocket\"} 0\n"
                       "parlance_connections{protocol=\"http\"} 1"));
}

TEST(metrics, histograms_are_cumulative_and_a_bound_belongs_to_the_bucket_below) {
  metrics m;
  for (const std::chrono::nanoseconds took : {0ns, 100'000ns, 100'001ns, -5ns}) m.commit_time.observe(took);
  m.commit_time.observe(2s);
  m.commit_time.observe(1h);
  const std::string page = page_of(m);
  EXPECT_TRUE(has_line(page, "# TYPE parlance_store_commit_seconds histogram"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_bucket{le=\"0.0001\"} 3"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_bucket{le=\"0.00025\"} 4"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_bucket{le=\"1\"} 4"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_bucket{le=\"2.5\"} 5"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_bucket{le=\"10\"} 5"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_bucket{le=\"+Inf\"} 6"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_sum 3602.000200001"));
  EXPECT_TRUE(has_line(page, "parlance_store_commit_seconds_count 6"));
}

TEST(metrics, histogram_bounds_ascend) {
  for (std::size_t i = 1; i < histogram::bounds.size(); ++i)
    EXPECT_LT(histogram::bounds[i - 1], histogram::bounds[i]);
}

TEST(metrics, of_several_loops_are_summed) {
  metrics a, b;
  a.bytes_in.add(10);
  b.bytes_in.add(5);
  a.members.set(3);
  b.loop_lag.observe(1ms);
  a.loop_lag.observe(1ms);
  const metrics* both[] = {&a, &b};
  std::string page;
  metrics::render(both, page);
  expect_well_formed(page);
  EXPECT_EQ(value_of(page, "parlance_received_bytes_total"), 15);
  EXPECT_EQ(value_of(page, "parlance_members"), 3);
  EXPECT_EQ(value_of(page, "parlance_loop_lag_seconds_count"), 2);
}

TEST(metrics, of_the_process_are_those_that_the_kernel_tells) {
  std::string page;
  render_process(page);
  expect_well_formed(page);
  EXPECT_GT(value_of(page, "process_cpu_seconds_total"), 0);
  EXPECT_GT(value_of(page, "process_resident_memory_bytes"), 1e6);
  // The one by which they are counted is open meanwhile.
  const auto open = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}) - 1;
  EXPECT_EQ(value_of(page, "process_open_fds"), static_cast<double>(open));
  EXPECT_GE(value_of(page, "process_max_fds"), value_of(page, "process_open_fds"));
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(value_of(page, "process_start_time_seconds"), now, 3600);
}

TEST(metrics_threads, one_writes_while_others_read) {
  metrics m;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 20000; ++i) {
      m.messages_in.add();
      m.loop_lag.observe(std::chrono::microseconds(i));
    }
    done = true;
  });
  double before = 0;
  while (!done) {
    const double now = value_of(page_of(m), "parlance_messages_received_total");
    EXPECT_GE(now, before);
    before = now;
  }
  writer.join();
  EXPECT_EQ(value_of(page_of(m), "parlance_loop_lag_seconds_count"), 20000);
}
