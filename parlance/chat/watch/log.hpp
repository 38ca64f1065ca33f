// What happens in a server, for whoever runs it: one line for each event, which a person can read and a
// program can take apart. Never what anybody says.
//
//   chat::log log({.level = chat::log_level::info}, [](std::string_view line) { ... });
//   log.info("caller", {{"from", "127.0.0.1:5"}, {"name", name}, {"rooms", 3}});
//
// As text (logfmt) that is
//   2026-11-24T10:00:00.123Z info caller from=127.0.0.1:5 name=alice rooms=3
// and as JSON
//   {"time":"2026-11-24T10:00:00.123Z","level":"info","event":"caller","from":"127.0.0.1:5","name":"alice","rooms":3}
//
// Events and the names of fields are words of the program. Values may come from anybody: they cannot forge a
// line, or a field, or steer the terminal that shows them, and are cut where they are long.
//
// A level that is off costs a comparison: the fields are views, and nothing is written. Where even finding
// the values would cost something, ask `on` first.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace parlance::chat {

/// How much is told: each level tells what those before it tell, and more.
enum class log_level : unsigned char {
  error,  ///< the server cannot do what it is there for
  warn,   ///< something went wrong and was not expected
  info,   ///< who comes and goes, and what operators do
  debug   ///< what helps to find out why
};
std::string_view to_string(log_level level) noexcept;

enum class log_format : unsigned char {
  text,  ///< logfmt
  json   ///< one object per line (RFC 8259)
};

/// A name and a value, which must last until the call is over.
class log_field {
 public:
  log_field(std::string_view name, std::string_view value) noexcept : name_(name), value_(value) {}
  log_field(std::string_view name, const char* value) noexcept
      : name_(name), value_(std::string_view(value)) {}
  log_field(std::string_view name, const std::string& value) noexcept
      : name_(name), value_(std::string_view(value)) {}
  log_field(std::string_view name, std::same_as<bool> auto value) noexcept : name_(name), value_(value) {}
  log_field(std::string_view name, std::signed_integral auto value) noexcept
      : name_(name), value_(std::int64_t{value}) {}
  log_field(std::string_view name, std::unsigned_integral auto value) noexcept
    requires(!std::same_as<decltype(value), bool>)
      : name_(name), value_(std::uint64_t{value}) {}
  /// In seconds, to the microsecond.
  log_field(std::string_view name, std::chrono::nanoseconds value) noexcept : name_(name), value_(value) {}

 private:
  friend class log;
  std::string_view name_;
  std::variant<std::string_view, bool, std::int64_t, std::uint64_t, std::chrono::nanoseconds> value_;
};

class log {
 public:
  using fields = std::initializer_list<log_field>;
  using clock = std::chrono::system_clock;
  struct options {
    log_level level = log_level::info;
    log_format format = log_format::text;
    /// Where the time comes from.
    clock::time_point (*now)() = &clock::now;
  };
  /// Bytes of one value; what is longer ends in "...".
  static constexpr std::size_t longest_value = 512;

  /// Says nothing.
  log() = default;
  /// `sink` is given each line with its newline, on the thread that logs. One log belongs to one thread.
  log(options how, std::function<void(std::string_view)> sink) : how_(how), sink_(std::move(sink)) {}

  bool on(log_level level) const noexcept { return sink_ && level <= how_.level; }

  void write(log_level level, std::string_view event, fields with = {}) {
    if (on(level)) put(level, event, with);
  }
  void error(std::string_view event, fields with = {}) { write(log_level::error, event, with); }
  void warn(std::string_view event, fields with = {}) { write(log_level::warn, event, with); }
  void info(std::string_view event, fields with = {}) { write(log_level::info, event, with); }
  void debug(std::string_view event, fields with = {}) { write(log_level::debug, event, with); }

 private:
  void put(log_level level, std::string_view event, fields with);
  void put_text(log_level level, std::string_view event, fields with);
  void put_json(log_level level, std::string_view event, fields with);
  void put_string(std::string_view whole);

  options how_;
  std::function<void(std::string_view)> sink_;
  std::string line_;  // keeps its memory from one line to the next
};

}  // namespace parlance::chat
