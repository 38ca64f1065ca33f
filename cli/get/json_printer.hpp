// JSON as people read it, while it comes: on lines of its own, and in colour.
//
//   json_printer printer({.indents = true, .colours = true});
//   printer.feed(R"({"a":[1,2]})", out);
//   printer.finish(out);
//
// It changes nothing but white space between tokens, so numbers keep all their digits, and what is no JSON
// comes out with all its characters. It keeps no more than a byte for each level that is open.
#pragma once

#include <string>
#include <string_view>

namespace parlance::cli {

struct pretty_style {
  bool indents = false;
  bool colours = false;
};

class json_printer {
 public:
  explicit json_printer(pretty_style style) noexcept : style_(style) {}

  /// Appends to `out` what is to be shown of the next piece. It may break off anywhere.
  void feed(std::string_view text, std::string& out);
  void finish(std::string& out);

 private:
  void take(char c, std::string& out);
  void take_in_string(char c, std::string& out);
  void begin_value(std::string& out);
  void end_scalar(std::string& out);
  void open(char c, std::string& out);
  void close(char c, std::string& out);
  void begin_line(std::string& out) const;
  void colour(std::string_view code, std::string& out) const;

  const pretty_style style_;
  std::string open_;       // { and [ that wait for their ends
  bool is_plain_ = false;  // it is too deep: the rest goes as it is
  bool in_string_ = false, escaped_ = false, in_scalar_ = false;
  bool is_empty_ = false;   // nothing has come since the last { or [
  bool wants_key_ = false;  // a string would be a name
  bool after_comma_ = false, after_value_ = false;
};

/// The head of a request or an answer in colour.
std::string coloured_head(std::string_view head);

}  // namespace parlance::cli
