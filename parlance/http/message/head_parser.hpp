// Incremental parsers of a request head and a response head, strict by RFC 9112.
//
//   http::response_parser parser;
//   std::string_view text;
//   while (!parser.done()) {
//     if (text.empty()) text = co_await stream.recv();
//     if (text.empty()) throw ...(parser.cut_short().text);             // the stream ended within the head
//     if (auto fed = parser.feed(text); !fed) throw ...(fed.error().text);
//   }
//   http::response_head head = parser.take();                           // `text` begins with the body
//
// Refused, because two parsers that read them differently are how requests are smuggled: white space before a
// colon, folded lines in a request, a CR that ends no line, control characters, more than one space between
// the parts of a start line, and whatever else the grammar does not have. What cannot change where a message
// ends is let pass: a lone LF as line end (RFC 9112 2.2); of a response, folded lines (a space stands for the
// fold), a status line without the space before its absent reason, and control characters in that reason (a
// space stands for each; but no CR and no NUL).
//
// A 1xx response is a head like any other: take it and feed on. After an error a parser is spent.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>
#include <utility>

#include <parlance/http/base/line_reader.hpp>
#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/field_line.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// What both parsers do; `Head` is request_head or response_head.
template <typename Head> class head_parser {
 public:
  explicit head_parser(head_limits limits = {}) noexcept
      : limits_(limits), lines_(limits.bytes, line_end::crlf_or_lf) {}

  /// Removes from `bytes` what belongs to the head; whatever follows it stays. Says whether the head is
  /// complete.
  std::expected<bool, protocol_error> feed(std::string_view& bytes);

  bool done() const noexcept { return state_ == state::done; }
  /// Whether a byte of this head has come: if not, the end of the stream is an idle connection that was
  /// closed.
  bool started() const noexcept { return started_; }
  /// The error for a stream that ended before the head did.
  protocol_error cut_short() const;

  /// The complete head. The parser is then as new, for the next head on the same connection.
  Head take() {
    Head head = std::exchange(head_, {});
    *this = head_parser(limits_);
    return head;
  }

 private:
  enum class state { start_line, fields, done };

  std::expected<void, protocol_error> parse_line(std::string_view line);
  protocol_error passed_limit() const;

  head_limits limits_;
  line_reader lines_;
  Head head_;
  state state_ = state::start_line;
  bool started_ = false;
};

using request_parser = head_parser<request_head>;
using response_parser = head_parser<response_head>;

extern template class head_parser<request_head>;
extern template class head_parser<response_head>;

}  // namespace parlance::http
