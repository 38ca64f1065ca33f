#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/body/server_sent_events.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\n");
}

void append_single(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
    throw std::invalid_argument(
        fmt::format("the {} of an event has an end of a line or a NUL: {}", name, in_quotes(value)));
  append_line(out, name, value);
}

}  // namespace

void append_event(std::string& out, const server_event& what) {
  append_single(out, "event", what.type);
  append_single(out, "id", what.id);
  for (std::string_view rest = what.data;;) {
    const std::size_t end = rest.find_first_of("\r\n");
    append_line(out, "data", rest.substr(0, end));
    if (end == rest.npos) break;
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out += '\n';
}

void append_retry(std::string& out, io::duration wait) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  fmt::format_to(std::back_inserter(out), "retry: {}\n\n", std::max<std::int64_t>(whole, 0));
}

std::expected<std::optional<server_event>, protocol_error> event_parser::next(std::string_view& bytes) {
  if (std::exchange(given_, false)) data_.clear(), type_.clear();
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.starts_with('\n')) {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    if (piece.size() > most_ - std::min(most_, line_.size() + data_.size()))
      return std::unexpected(protocol_error{413, fmt::format("an event is longer than {} bytes", most_)});
    line_ += piece;
    bytes.remove_prefix(piece.size());
    if (end == bytes.npos) break;
    after_cr_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
    if (end_line()) return server_event{.data = data_, .type = type_, .id = last_id_};
  }
  return std::nullopt;
}

/// Says whether an event is whole.
bool event_parser::end_line() {
  std::string_view line = line_;
  if (!std::exchange(began_, true) && line.starts_with(utf8_mark)) line.remove_prefix(utf8_mark.size());
  const bool is_end = line.empty();
  if (!is_end) {
    const std::string_view name = line.substr(0, line.find(':'));
    std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(name, value);
  }
  line_.clear();
  if (!is_end) return false;
  if (data_.empty()) return type_.clear(), false;
  data_.pop_back();  // the last line's end
  return given_ = true;
}

void event_parser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    data_.append(value).append("\n");
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id" && !value.contains('\0')) {
    last_id_ = value;
  } else if (const auto number = parse_decimal(value); name == "retry" && number) {
    constexpr std::uint64_t longest = std::uint64_t{1000} * 60 * 60 * 24;  // a day, that it cannot overflow
    retry_ = std::chrono::milliseconds(std::min(*number, longest));
  }
}

}  // namespace parlance::http
