#include <fmt/format.h>

#include <iterator>
#include <variant>

#include <parlance/chat/watch/metrics.hpp>

namespace parlance::chat {
namespace {

using gauges_by_protocol = std::array<gauge, protocol_count>;
using member =
    std::variant<counter metrics::*, gauge metrics::*, histogram metrics::*, gauges_by_protocol metrics::*>;

struct row {
  member of;
  std::string_view name;
  std::string_view help;
};

constexpr row table[] = {
    {&metrics::members, "parlance_members", "People in the chat."},
    {&metrics::rooms, "parlance_rooms", "Rooms that exist."},
    {&metrics::connections, "parlance_connections", "Open connections, by what they speak."},
    {&metrics::tls_connections, "parlance_tls_connections", "Open connections that are encrypted."},
    {&metrics::accepted, "parlance_connections_accepted_total", "Connections taken."},
    {&metrics::refused, "parlance_connections_refused_total", "Connections refused because of a limit."},
    {&metrics::logins, "parlance_logins_total", "Logins to an account."},
    {&metrics::failed_logins, "parlance_logins_failed_total", "Logins that failed."},
    {&metrics::registrations, "parlance_registrations_total", "Accounts made."},
    {&metrics::messages_in, "parlance_messages_received_total", "Messages that people said."},
    {&metrics::deliveries, "parlance_deliveries_total", "Messages, times those who were told each."},
    {&metrics::bytes_in, "parlance_received_bytes_total", "Bytes received, but those of HTTP."},
    {&metrics::bytes_out, "parlance_sent_bytes_total", "Bytes sent, but those of HTTP."},
    {&metrics::rate_limited, "parlance_messages_delayed_total", "Messages delayed by their sender's rate."},
    {&metrics::refused_commands, "parlance_commands_refused_total", "Commands answered with an error."},
    {&metrics::filtered, "parlance_filtered_total", "Messages and names in which a filter was found."},
    {&metrics::queued_bytes, "parlance_queued_bytes", "Bytes in the send queues of people."},
    {&metrics::dropped_sendq, "parlance_dropped_sendq_total", "People dropped because they read too slowly."},
    {&metrics::dropped_silent, "parlance_dropped_silent_total", "Clients dropped because they fell silent."},
    {&metrics::errors, "parlance_errors_total", "Failures that were not expected."},
    {&metrics::loop_lag, "parlance_loop_lag_seconds", "How late timers fire."},
    {&metrics::delivery_time, "parlance_delivery_seconds",
     "From a message's arrival until it is queued for everybody."},
    {&metrics::history_rows, "parlance_history_rows", "Messages in the history."},
    {&metrics::history_pruned, "parlance_history_pruned_total",
     "Messages forgotten because of their age or number."},
    {&metrics::history_queries, "parlance_history_queries_total", "Questions to the history."},
    {&metrics::uploads, "parlance_uploads_total", "Files that were put up."},
    {&metrics::upload_bytes, "parlance_upload_bytes_total", "Bytes of them."},
    {&metrics::searches, "parlance_searches_total", "Searches in the history."},
    {&metrics::search_errors, "parlance_search_errors_total", "What the index of the history could not do."},
    {&metrics::search_messages, "parlance_search_messages", "Messages in the index of the history."},
    {&metrics::search_bytes, "parlance_search_bytes", "Size of the index of the history."},
    {&metrics::commits, "parlance_store_commits_total", "Transactions of the store."},
    {&metrics::store_errors, "parlance_store_errors_total", "Transactions of the store that failed."},
    {&metrics::commit_time, "parlance_store_commit_seconds", "How long the store takes to commit."},
    {&metrics::search_time, "parlance_search_seconds", "From a search until what it found is known."},
};

template <class T> constexpr std::size_t size_of(T metrics::*) { return sizeof(T); }
constexpr std::size_t size_of_table() {
  std::size_t size = 0;
  for (const row& r : table) size += std::visit([](auto m) { return size_of(m); }, r.of);
  return size;
}
static_assert(size_of_table() == sizeof(metrics), "every metric has one row in the table");

auto to(std::string& out) { return std::back_inserter(out); }

void head(const row& of, std::string_view type, std::string& out) {
  fmt::format_to(to(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", of.name, of.help, type);
}

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

using parts = std::span<const metrics* const>;

/// The sum over the parts of what `number` gives for each.
auto sum(parts all, auto number) {
  decltype(number(*all.front())) total = 0;
  for (const metrics* one : all) total += number(*one);
  return total;
}

void render_row(const row& of, counter metrics::* m, parts all, std::string& out) {
  head(of, "counter", out);
  fmt::format_to(to(out), "{} {}\n", of.name, sum(all, [m](const metrics& one) { return (one.*m).value(); }));
}

void render_row(const row& of, gauge metrics::* m, parts all, std::string& out) {
  head(of, "gauge", out);
  fmt::format_to(to(out), "{} {}\n", of.name, sum(all, [m](const metrics& one) { return (one.*m).value(); }));
}

void render_row(const row& of, gauges_by_protocol metrics::* m, parts all, std::string& out) {
  head(of, "gauge", out);
  for (std::size_t i = 0; i < protocol_count; ++i)
    fmt::format_to(to(out), "{}{{protocol=\"{}\"}} {}\n", of.name, protocol_names[i],
                   sum(all, [m, i](const metrics& one) { return (one.*m)[i].value(); }));
}

/// Buckets are cumulative, and the count is what the last one says, so that a reader that comes between two
/// increments never sees them disagree.
void render_row(const row& of, histogram metrics::* m, parts all, std::string& out) {
  head(of, "histogram", out);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= histogram::bounds.size(); ++i) {
    below += sum(all, [m, i](const metrics& one) { return (one.*m).bucket(i); });
    if (i == histogram::bounds.size())
      fmt::format_to(to(out), "{}_bucket{{le=\"+Inf\"}} {}\n", of.name, below);
    else
      fmt::format_to(to(out), "{}_bucket{{le=\"{}\"}} {}\n", of.name,
                     seconds(static_cast<std::uint64_t>(histogram::bounds[i].count())), below);
  }
  const auto total = sum(all, [m](const metrics& one) { return (one.*m).nanoseconds(); });
  fmt::format_to(to(out), "{0}_sum {1}\n{0}_count {2}\n", of.name, seconds(total), below);
}

}  // namespace

void metrics::render(std::span<const metrics* const> all, std::string& out) {
  if (all.empty()) return;
  for (const row& r : table) std::visit([&](auto m) { render_row(r, m, all, out); }, r.of);
}

}  // namespace parlance::chat
