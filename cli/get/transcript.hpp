// What is sent and what comes, byte by byte, as curl's --trace and --trace-ascii write it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/body/body_source.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/io/descriptor.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>

#include <cli/base/file.hpp>

namespace parlance::cli {

struct transcript_options {
  /// "-": stdout, "%": stderr; empty: none is written.
  std::string path = {};
  enum class form : std::uint8_t { hex, ascii } how = form::hex;
};

/// The time of day, as "12:34:56.123456 ".
std::string time_mark();

/// One for all transfers of a command. What it is told is kept until `flush` writes it, which waits for who reads it.
class transcript {
 public:
  /// `tells_time`: before each entry. Throws complaint when the file cannot be written.
  transcript(transcript_options to, bool tells_time);

  void note(std::string_view what);
  void sent_head(std::string_view head);
  /// Line by line, as it is told by all versions of HTTP.
  void received_head(const http::response_head& head);
  void received_trailers(const http::field_list& trailers);
  void sent_body(std::string_view piece);
  void received_body(std::string_view piece);

  /// Throws complaint, or stdout_closed.
  io::task<void> flush();

 private:
  void begin_entry();
  void entry(std::string_view title, std::string_view bytes);
  void received_lines(std::string_view lines);
  void add_hex(std::string_view bytes);
  void add_ascii(std::string_view bytes);

  const transcript_options to_;
  const bool tells_time_;
  file file_;
  int descriptor_;
  std::optional<io::output> out_;  // from the first flush on
  io::mutex writing_;
  std::string text_;
};

/// `body`, of which each piece is told to `to` as it goes.
http::request_body told(const http::request_body& body, std::shared_ptr<transcript> to);

}  // namespace parlance::cli
