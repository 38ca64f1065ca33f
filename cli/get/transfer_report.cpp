#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/secret_fields.hpp>
#include <parlance/io/version.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/amounts.hpp>
#include <cli/base/peer.hpp>
#include <cli/get/transfer_report.hpp>

namespace parlance::cli {

using nlohmann::ordered_json;

std::string shown(const http::url& target) { return target.origin() + target.target(); }

io::duration transfer_record::redirected() const {
  io::duration all{};
  for (std::size_t i = 0; i + 1 < legs.size(); ++i) all += legs[i].times.complete;
  return all;
}

namespace {

double milliseconds(io::duration length) {
  return std::round(std::chrono::duration<double, std::milli>(length).count() * 1000) / 1000;
}

/// What comes from others is UTF-8 in JSON.
std::string clean(std::string_view text) { return text::sanitize(text); }

std::string when(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto rest = whole - std::chrono::floor<std::chrono::seconds>(whole);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     rest.count());
}

/// How long each part of a leg took, one after the other.
struct part {
  const char* name;
  char bar;
  io::duration begin, end;
};

std::vector<part> parts_of(const http::exchange_times& t) {
  std::vector<part> parts;
  io::duration at{};
  const auto add = [&](const char* name, char bar, io::duration end) {
    if (end <= at) return;
    parts.push_back({name, bar, at, end});
    at = end;
  };
  add("name", '.', t.resolved);
  add("TCP", '-', t.connected);
  add("TLS", '=', t.secured);
  add("waiting", '~', t.first_byte);
  add("body", '#', t.complete);
  return parts;
}

ordered_json times_as_json(const http::exchange_times& t) {
  ordered_json made = ordered_json::object();
  for (const part& one : parts_of(t))
    made[one.name == std::string_view("TCP")   ? "tcp"
         : one.name == std::string_view("TLS") ? "tls"
                                               : one.name] = milliseconds(one.end - one.begin);
  return made;
}

ordered_json leg_as_json(const transfer_leg& leg) {
  ordered_json made = {{"url", shown(leg.target)}};
  if (leg.answer) {
    made["status"] = leg.answer->status;
    made["reason"] = clean(leg.answer->reason);
  }
  made["remote"] = clean(leg.remote.to_string());
  made["reused"] = leg.reused;
  if (!leg.tls.empty()) made["tls"] = leg.tls;
  made["times_ms"] = times_as_json(leg.times);
  made["total_ms"] = milliseconds(leg.times.complete);
  return made;
}

}  // namespace

ordered_json fields_as_json(const transfer_record& record) {
  ordered_json made = ordered_json::object();
  if (!record.answer()) return made;
  for (const http::field f : record.answer()->fields) made[http::lower(f.name)].push_back(clean(f.value));
  return made;
}

ordered_json as_json(const transfer_record& record) {
  ordered_json made = {
      {"url", shown(record.asked)}, {"method", record.method}, {"began", when(record.began)}};
  made["ok"] = record.exit_code == 0;
  made["exit_code"] = record.exit_code;
  if (!record.error.empty()) made["error"] = clean(record.error);
  if (record.answer()) {
    made["status"] = record.answer()->status;
    made["url_effective"] = shown(record.last()->target);
    made["headers"] = fields_as_json(record);
  }
  made["received_bytes"] = record.received;
  made["written_bytes"] = record.written;
  if (!record.file.empty()) made["file"] = clean(record.file);
  made["tries"] = record.tries;
  made["total_ms"] = milliseconds(record.took);
  made["legs"] = ordered_json::array();
  for (const transfer_leg& leg : record.legs) made["legs"].push_back(leg_as_json(leg));
  for (const transfer_piece& one : record.pieces) {
    ordered_json piece = {{"first", one.first}, {"end", one.end}, {"began_ms", milliseconds(one.began)}};
    piece.update(leg_as_json(one.leg));
    made["pieces"].push_back(piece);
  }
  return made;
}

std::string as_waterfall(const transfer_record& record) {
  constexpr double width = 40;
  io::duration whole{};
  for (const transfer_leg& leg : record.legs) whole += leg.times.complete;
  const double scale = width / std::max(1e-9, std::chrono::duration<double>(whole).count());
  const auto column = [&](io::duration at) {
    return static_cast<std::size_t>(std::lround(std::chrono::duration<double>(at).count() * scale));
  };
  std::string text;
  io::duration begun{};
  for (const transfer_leg& leg : record.legs) {
    std::string bar(static_cast<std::size_t>(width) + 1, ' '), words;
    for (const part& one : parts_of(leg.times)) {
      const std::size_t from = column(begun + one.begin), to = std::max(column(begun + one.end), from + 1);
      for (std::size_t i = from; i < std::min(to, bar.size()); ++i) bar[i] = one.bar;
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", one.name, in_words(one.end - one.begin));
    }
    text += fmt::format("{} {} {}\n  |{}| {}\n", leg.answer ? leg.answer->status : 0, record.method,
                        shown(leg.target), bar.substr(0, static_cast<std::size_t>(width)),
                        leg.reused ? words + " (connection used again)" : words);
    begun += leg.times.complete;
  }
  if (!record.pieces.empty())
    text += fmt::format("  and {} over other connections\n", in_words(record.pieces.size(), "part"));
  return text + fmt::format("  {} in {}: name . TCP - TLS = waiting ~ body #",
                            in_words(record.received, "byte"), in_words(record.took));
}

// --- HAR

namespace {

/// `secret`: others that are not to be told, whatever their names say.
ordered_json har_fields(const http::field_list& fields, const http::field_list& secret = {}) {
  ordered_json made = ordered_json::array();
  for (const http::field f : fields) {
    const bool hides = http::tells_secret(f.name) || secret.contains(f.name);
    made.push_back(
        {{"name", std::string(f.name)}, {"value", hides ? "***" : clean(http::without_logins(f.value))}});
  }
  return made;
}

/// The fields of a head as it was sent.
http::field_list fields_in(std::string_view head) {
  http::field_list fields;
  head.remove_prefix(std::min(head.find("\r\n"), head.size()));
  while (head.starts_with("\r\n")) {
    head.remove_prefix(2);
    const std::size_t end = std::min(head.find("\r\n"), head.size()), colon = head.find(':');
    if (colon < end) fields.try_append(head.substr(0, colon), head.substr(colon + 1, end - colon - 1));
    head.remove_prefix(end);
  }
  return fields;
}

/// Of a head as it was sent: "HTTP/1.1".
std::string_view version_in(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  return line.substr(line.rfind(' ') + 1);
}

/// `size`: of its part of the body; -1: none of that is known.
ordered_json har_entry(const transfer_record& record, const transfer_leg& leg, io::duration begun,
                       std::int64_t size, const std::string& redirect, const site_fields& sites) {
  const auto site = sites.find(http::origin::of(leg.target));
  const bool last = &leg == record.last();
  const std::string method = leg.request_head.substr(0, leg.request_head.find(' '));
  ordered_json query = ordered_json::array();
  ordered_json request = {{"method", method},
                          {"url", shown(leg.target)},
                          {"httpVersion", version_in(leg.request_head)},
                          {"cookies", ordered_json::array()},
                          {"headers", har_fields(fields_in(leg.request_head),
                                                 site == sites.end() ? http::field_list() : site->second)},
                          {"queryString", query},
                          {"headersSize", leg.request_head.size()},
                          {"bodySize", -1}};
  const http::response_head none{.status = 0};
  const http::response_head& answer = leg.answer ? *leg.answer : none;
  const std::string type(answer.fields.get("Content-Type").value_or(""));
  ordered_json response = {
      {"status", answer.status},
      {"statusText", clean(answer.reason)},
      {"httpVersion", http::name_of(answer.version)},
      {"cookies", ordered_json::array()},
      {"headers", har_fields(answer.fields)},
      {"content",
       {{"size", last && record.pieces.empty() ? static_cast<std::int64_t>(record.written)
                                               : std::max<std::int64_t>(size, 0)},
        {"mimeType", clean(type)}}},
      {"redirectURL", redirect},
      {"headersSize", leg.answer ? static_cast<std::int64_t>(http::serialise(answer).size()) : -1},
      {"bodySize", size}};
  const http::exchange_times& t = leg.times;
  const bool dialled = t.connected != io::duration();
  const io::duration ready = std::max(t.connected, t.secured);
  ordered_json timings = {{"blocked", -1},
                          {"dns", dialled ? milliseconds(t.resolved) : -1},
                          {"connect", dialled ? milliseconds(ready - t.resolved) : -1},
                          {"ssl", t.secured != io::duration() ? milliseconds(t.secured - t.connected) : -1},
                          {"send", 0},
                          {"wait", milliseconds(std::max(t.first_byte - ready, io::duration()))},
                          {"receive", milliseconds(std::max(t.complete - t.first_byte, io::duration()))}};
  ordered_json made = {
      {"startedDateTime",
       when(record.began + std::chrono::duration_cast<std::chrono::system_clock::duration>(begun))},
      {"time", milliseconds(t.complete)},
      {"request", request},
      {"response", response},
      {"cache", ordered_json::object()},
      {"timings", timings},
      {"serverIPAddress", clean(leg.remote.address())}};
  if (last && !record.error.empty()) made["_error"] = clean(record.error);
  return made;
}

}  // namespace

ordered_json as_har(const std::vector<transfer_record>& records, const site_fields& sites) {
  ordered_json entries = ordered_json::array();
  for (const transfer_record& record : records) {
    io::duration begun{};
    auto received = static_cast<std::int64_t>(record.received);
    for (const transfer_piece& one : record.pieces)
      received -= static_cast<std::int64_t>(one.end - one.first);
    io::duration answered{};  // when the last leg had its head
    for (const transfer_leg& leg : record.legs) {
      const bool last = &leg == record.last();
      entries.push_back(
          har_entry(record, leg, begun, last ? received : -1, last ? "" : shown((&leg + 1)->target), sites));
      answered = begun + leg.times.first_byte;
      begun += leg.times.complete;
    }
    for (const transfer_piece& one : record.pieces)
      entries.push_back(har_entry(record, one.leg, answered + one.began,
                                  static_cast<std::int64_t>(one.end - one.first), "", sites));
  }
  return {{"log",
           {{"version", "1.2"},
            {"creator", {{"name", "parlance"}, {"version", PARLANCE_VERSION}}},
            {"entries", entries}}}};
}

}  // namespace parlance::cli
