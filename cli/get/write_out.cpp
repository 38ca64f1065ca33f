#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/transfer_report.hpp>
#include <cli/get/write_out.hpp>

namespace parlance::cli {
namespace {

using text_of = std::string (*)(const transfer_record&);

std::string seconds(io::duration length) {
  return fmt::format("{:.6f}", std::chrono::duration<double>(length).count());
}

/// When a part of the last leg was done, from the beginning of the first.
template <io::duration http::exchange_times::* Part> std::string at(const transfer_record& r) {
  const io::duration part = r.last() ? r.last()->times.*Part : io::duration();
  return seconds(part == io::duration() ? part : r.redirected() + part);
}

/// A connection that is used again has no such part, and no time was taken by it.
std::string when_ready(const transfer_record& r) {
  if (!r.last()) return seconds({});
  const http::exchange_times& t = r.last()->times;
  return seconds(r.redirected() + std::max(t.connected, t.secured));
}

std::string status(const transfer_record& r) {
  return fmt::format("{:03}", r.answer() ? r.answer()->status : 0);
}

std::string field(const transfer_record& r, std::string_view name) {
  return r.answer() ? std::string(r.answer()->fields.get(name).value_or("")) : "";
}

std::string per_second(const transfer_record& r, double bytes) {
  const double took = std::chrono::duration<double>(r.took).count();
  return fmt::format("{:.0f}", took > 0 ? bytes / took : 0);
}

std::string redirect_url(const transfer_record& r) {
  const std::string location = field(r, "Location");
  if (location.empty()) return {};
  const auto next = r.last()->target.resolve(location);
  return next ? shown(*next) : location;
}

/// Of the last request; `name` in small letters.
std::string sent_field(const transfer_record& r, std::string_view name) {
  if (!r.last()) return {};
  const std::string& head = r.last()->request_head;
  const std::size_t found = http::lower(head).find(fmt::format("\r\n{}: ", name));
  if (found == head.npos) return {};
  const std::size_t begin = found + name.size() + 4;
  return head.substr(begin, head.find('\r', begin) - begin);
}

std::string uploaded(const transfer_record& r) {
  const std::string length = sent_field(r, "content-length");
  return length.empty() ? "0" : length;
}

/// As OpenSSL counts: 0 is that a certificate is trusted, or that there is none; 20 that nobody is known who issued it.
std::string verified(const transfer_record& r) {
  const bool is_trusted = r.exit_code != not_trusted && (!r.last() || !r.last()->unchecked);
  return is_trusted ? "0" : "20";
}

constexpr std::array<std::pair<std::string_view, text_of>, 43> variables = {{
    {"content_type", [](const transfer_record& r) { return field(r, "Content-Type"); }},
    {"errormsg", [](const transfer_record& r) { return r.error; }},
    {"exitcode", [](const transfer_record& r) { return std::to_string(r.exit_code); }},
    {"filename_effective", [](const transfer_record& r) { return r.file; }},
    {"ftp_entry_path", [](const transfer_record&) { return std::string(); }},
    {"header_json", [](const transfer_record& r) { return fields_as_json(r).dump(); }},
    {"http_code", status},
    {"http_version",
     [](const transfer_record& r) {
       if (!r.answer()) return std::string("0");
       const std::string_view name = http::name_of(r.answer()->version).substr(5);  // behind "HTTP/"
       return std::string(name == "1.0" ? "1" : name);
     }},
    {"json", [](const transfer_record& r) { return as_json(r).dump(); }},
    {"local_ip", [](const transfer_record& r) { return r.last() ? r.last()->local.address() : ""; }},
    {"local_port",
     [](const transfer_record& r) { return std::to_string(r.last() ? r.last()->local.port() : 0); }},
    {"method", [](const transfer_record& r) { return r.method; }},
    {"num_connects",
     [](const transfer_record& r) {
       return std::to_string(std::ranges::count(r.legs, false, &transfer_leg::reused));
     }},
    {"num_headers",
     [](const transfer_record& r) { return std::to_string(r.answer() ? r.answer()->fields.size() : 0); }},
    {"num_redirects",
     [](const transfer_record& r) { return std::to_string(r.legs.empty() ? 0 : r.legs.size() - 1); }},
    {"num_retries", [](const transfer_record& r) { return std::to_string(r.tries > 0 ? r.tries - 1 : 0); }},
    {"onerror", [](const transfer_record&) { return std::string(); }},
    {"proxy_ssl_verify_result", [](const transfer_record&) { return std::string("0"); }},
    {"redirect_url", redirect_url},
    {"referer", [](const transfer_record& r) { return sent_field(r, "referer"); }},
    {"remote_ip", [](const transfer_record& r) { return r.last() ? r.last()->remote.address() : ""; }},
    {"remote_port",
     [](const transfer_record& r) { return std::to_string(r.last() ? r.last()->remote.port() : 0); }},
    {"response_code", status},
    {"scheme",
     [](const transfer_record& r) {
       return std::string(r.last() && r.last()->target.secure() ? "HTTPS" : "HTTP");
     }},
    {"size_download", [](const transfer_record& r) { return std::to_string(r.received); }},
    {"size_header",
     [](const transfer_record& r) {
       std::size_t all = 0;
       for (const transfer_leg& leg : r.legs) all += leg.answer ? http::serialise(*leg.answer).size() : 0;
       return std::to_string(all);
     }},
    {"size_request",
     [](const transfer_record& r) {
       std::size_t all = 0;
       for (const transfer_leg& leg : r.legs) all += leg.request_head.size();
       return std::to_string(all);
     }},
    {"size_upload", uploaded},
    {"speed_download",
     [](const transfer_record& r) { return per_second(r, static_cast<double>(r.received)); }},
    {"speed_upload", [](const transfer_record& r) { return per_second(r, std::stod(uploaded(r))); }},
    {"ssl_verify_result", verified},
    {"stderr", [](const transfer_record&) { return std::string(); }},
    {"stdout", [](const transfer_record&) { return std::string(); }},
    {"time_appconnect", at<&http::exchange_times::secured>},
    {"time_connect", at<&http::exchange_times::connected>},
    {"time_namelookup", at<&http::exchange_times::resolved>},
    {"time_pretransfer", when_ready},
    {"time_redirect", [](const transfer_record& r) { return seconds(r.redirected()); }},
    {"time_starttransfer", at<&http::exchange_times::first_byte>},
    {"time_total", [](const transfer_record& r) { return seconds(r.took); }},
    {"url", [](const transfer_record& r) { return shown(r.asked); }},
    {"url_effective", [](const transfer_record& r) { return shown(r.last() ? r.last()->target : r.asked); }},
    {"urlnum", [](const transfer_record& r) { return std::to_string(r.number - 1); }},
}};

const std::pair<std::string_view, text_of>* find(std::string_view name) {
  const auto found = std::ranges::find(variables, name, &std::pair<std::string_view, text_of>::first);
  return found == variables.end() ? nullptr : &*found;
}

/// Takes the next piece off a format. `name`: of a variable; `of_field`: of a field.
struct piece {
  std::string text = {};
  std::string name = {};
  bool of_field = false;
};

piece take(std::string_view& format) {
  constexpr std::string_view variable = "%{", of_field = "%header{";
  for (const std::string_view begin : {variable, of_field}) {
    const std::size_t close = format.find('}');
    if (!format.starts_with(begin) || close == format.npos) continue;
    piece found{.name = std::string(format.substr(begin.size(), close - begin.size())),
                .of_field = begin == of_field};
    format.remove_prefix(close + 1);
    return found;
  }
  constexpr std::array<std::pair<std::string_view, char>, 4> escapes = {
      {{"%%", '%'}, {"\\n", '\n'}, {"\\r", '\r'}, {"\\t", '\t'}}};
  for (const auto& [two, one] : escapes) {
    if (!format.starts_with(two)) continue;
    format.remove_prefix(2);
    return {.text = std::string(1, one)};
  }
  piece plain{.text = std::string(1, format[0])};
  format.remove_prefix(1);
  return plain;
}

}  // namespace

void check_write_out(std::string_view format) {
  while (!format.empty()) {
    const piece next = take(format);
    if (!next.name.empty() && !next.of_field && !find(next.name))
      throw complaint(usage, fmt::format("-w knows no %{{{}}}; it knows, as curl: http_code, time_total, "
                                         "size_download, ... (man parlance)",
                                         text::sanitize(next.name)));
  }
}

written_out write_out(std::string_view format, const transfer_record& record) {
  written_out made;
  std::string* to = &made.to_stdout;
  while (!format.empty()) {
    const piece next = take(format);
    if (next.name.empty())
      *to += next.text;
    else if (next.of_field)
      *to += field(record, next.name);
    else if (next.name == "stderr")
      to = &made.to_stderr;
    else if (next.name == "stdout")
      to = &made.to_stdout;
    else if (next.name == "onerror" && record.exit_code == success)
      break;
    else if (const auto* const found = find(next.name))
      *to += found->second(record);
  }
  return made;
}

}  // namespace parlance::cli
