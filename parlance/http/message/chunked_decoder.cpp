#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/chunked_decoder.hpp>

namespace parlance::http {
namespace {

std::unexpected<protocol_error> refuse(std::string text) {
  return std::unexpected(protocol_error{400, std::move(text)});
}

}  // namespace

std::expected<std::string_view, protocol_error> chunked_decoder::next(std::string_view& bytes) {
  while (!done()) {
    if (state_ == state::data) {
      const auto piece =
          bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      bytes.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) enter(state::data_end);
      return piece;
    }
    const auto outcome = lines_.next(bytes);
    if (outcome == line_reader::outcome::more) break;
    if (auto taken = take_line(outcome); !taken) return std::unexpected(std::move(taken.error()));
  }
  return std::string_view();
}

std::expected<void, protocol_error> chunked_decoder::take_line(line_reader::outcome outcome) {
  if (outcome == line_reader::outcome::too_long) return std::unexpected(passed_limit());
  const auto line = lines_.line();
  if (outcome == line_reader::outcome::lone_lf) {
    return refuse(fmt::format("line in a chunked body ends in LF without CR: {}", in_quotes(line)));
  }
  if (state_ == state::size) return take_size(line);
  if (state_ == state::data_end) {
    if (!line.empty()) return refuse(fmt::format("chunk is longer than its size: {}", in_quotes(line)));
    enter(state::size);
    return {};
  }
  if (!line.empty()) return parse_field_line(line, limits_.trailers, folded_lines::joined, trailers_);
  enter(state::done);
  return {};
}

/// chunk-size [ BWS ; ... ]: more digits than a 64-bit number has, even zeros, are an attempt at something.
std::expected<void, protocol_error> chunked_decoder::take_size(std::string_view line) {
  constexpr std::size_t most_digits = 16;
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (digits == most_digits)
      return refuse(fmt::format("chunk size has too many digits: {}", in_quotes(line)));
    size = size << 4 | static_cast<unsigned>(hex_value(line[digits]));
  }
  const auto behind = line.substr(digits);
  const auto extensions = trim(behind);
  if (digits == 0 || (!extensions.empty() && extensions.front() != ';') || !is_field_value(extensions)) {
    return refuse(fmt::format("chunk size is not a hexadecimal number: {}", in_quotes(line)));
  }
  if (size >> 63 != 0) return refuse(fmt::format("chunk size is too large: {}", in_quotes(line)));
  if (behind.size() > extensions_left_) {
    return refuse(fmt::format("chunk extensions are longer than {} bytes (chunk_limits::extensions)",
                              limits_.extensions));
  }
  extensions_left_ -= behind.size();
  left_ = size;
  enter(size == 0 ? state::trailers : state::data);
  return {};
}

protocol_error chunked_decoder::passed_limit() const {
  if (state_ == state::trailers) {
    return {431, fmt::format("trailers are longer than {} bytes (chunk_limits::trailers)",
                             limits_.trailers.bytes)};
  }
  if (state_ == state::data_end) return {400, "chunk is longer than its size"};
  return {400, fmt::format("chunk size line is longer than {} bytes (chunk_limits::line)", limits_.line)};
}

void chunked_decoder::enter(state next) noexcept {
  constexpr std::size_t line_end_size = 2;
  state_ = next;
  if (next == state::size) lines_.restart(limits_.line);
  if (next == state::data_end) lines_.restart(line_end_size);
  if (next == state::trailers) lines_.restart(limits_.trailers.bytes);
}

}  // namespace parlance::http
