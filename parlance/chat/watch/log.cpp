#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <parlance/chat/watch/log.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

constexpr std::string_view level_names[] = {"error", "warn", "info", "debug"};

/// RFC 3339, in UTC, to the millisecond.
void append_time(std::string& out, log::clock::time_point now) {
  using namespace std::chrono;
  const auto day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(now - day));
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                 unsigned(date.month()), unsigned(date.day()), time.hours().count(), time.minutes().count(),
                 time.seconds().count(), time.subseconds().count());
}

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// What both formats put between quotes: JSON's escapes (RFC 8259, section 7) and, of what is not ASCII, only
/// valid UTF-8 that steers nothing.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto ascii = std::find_if(text.begin(), text.end(), is_ascii);
    if (ascii != text.begin()) {
      out += text::sanitize({text.begin(), ascii});
      text.remove_prefix(static_cast<std::size_t>(ascii - text.begin()));
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    switch (c) {
      case '"':
      case '\\':
        (out += '\\') += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (is_control(c))
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  out += '"';
}

/// Shortened to what one value may have, never inside a character.
std::string_view cut(std::string_view value) {
  if (value.size() <= log::longest_value) return value;
  std::size_t end = log::longest_value;
  for (int i = 0; i < 3 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80; ++i) --end;
  return value.substr(0, end);
}

/// Whether a reader of logfmt takes it for one value as it is.
bool is_bare(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

void append_seconds(std::string& out, std::chrono::nanoseconds value) {
  fmt::format_to(std::back_inserter(out), "{:.6f}", std::chrono::duration<double>(value).count());
}

template <class Text> void append_value(std::string& out, const auto& value, Text text) {
  std::visit(
      [&](const auto& v) {
        using type = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<type, std::string_view>)
          text(v);
        else if constexpr (std::is_same_v<type, std::chrono::nanoseconds>)
          append_seconds(out, v);
        else
          fmt::format_to(std::back_inserter(out), "{}", v);
      },
      value);
}

}  // namespace

std::string_view to_string(log_level level) noexcept { return level_names[static_cast<std::size_t>(level)]; }

void log::put(log_level level, std::string_view event, fields with) {
  line_.clear();
  how_.format == log_format::json ? put_json(level, event, with) : put_text(level, event, with);
  line_ += '\n';
  sink_(line_);
}

void log::put_text(log_level level, std::string_view event, fields with) {
  append_time(line_, how_.now());
  ((line_ += ' ') += to_string(level)) += ' ';
  line_ += event;
  for (const log_field& field : with) {
    ((line_ += ' ') += field.name_) += '=';
    append_value(line_, field.value_, [&](std::string_view whole) {
      if (is_bare(whole) && whole.size() <= longest_value)
        line_ += whole;
      else
        put_string(whole);
    });
  }
}

void log::put_json(log_level level, std::string_view event, fields with) {
  line_ += R"({"time":")";
  append_time(line_, how_.now());
  ((line_ += R"(","level":")") += to_string(level)) += '"';
  ((line_ += R"(,"event":")") += event) += '"';
  for (const log_field& field : with) {
    ((line_ += ",\"") += field.name_) += "\":";
    append_value(line_, field.value_, [&](std::string_view whole) { put_string(whole); });
  }
  line_ += '}';
}

void log::put_string(std::string_view whole) {
  const std::string_view shown = cut(whole);
  append_quoted(line_, shown);
  if (shown.size() == whole.size()) return;
  line_.back() = '.';
  line_ += "..\"";
}

}  // namespace parlance::chat
