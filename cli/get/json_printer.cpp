#include <fmt/core.h>

#include <algorithm>

#include <cli/get/json_printer.hpp>

namespace parlance::cli {
namespace {

/// Deeper than anybody reads.
constexpr std::size_t deepest = 200;

constexpr std::string_view for_name = "34;1", for_string = "32", for_number = "36", for_word = "35",
                           none = "0";

std::string in_colour(std::string_view code, std::string_view text) {
  return text.empty() ? std::string() : fmt::format("\x1b[{}m{}\x1b[{}m", code, text, none);
}

}  // namespace

void json_printer::feed(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (is_plain_)
      out += c;
    else if (in_string_)
      take_in_string(c, out);
    else
      take(c, out);
  }
}

void json_printer::finish(std::string& out) {
  end_scalar(out);
  if (in_string_) colour(none, out);
  in_string_ = false;
}

void json_printer::take_in_string(char c, std::string& out) {
  out += c;
  if (escaped_ || c == '\\') {
    escaped_ = !escaped_;
  } else if (c == '"') {
    in_string_ = false;
    colour(none, out);
  }
}

void json_printer::take(char c, std::string& out) {
  const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
  if (is_space || std::string_view("{}[],:\"").contains(c)) end_scalar(out);
  if (is_space) {
    if (!style_.indents) out += c;
  } else if (c == '"') {
    begin_value(out);
    colour(wants_key_ ? for_name : for_string, out);
    out += c;
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    open(c, out);
  } else if (c == '}' || c == ']') {
    close(c, out);
  } else if (c == ',') {
    out += c;
    after_comma_ = true;
    wants_key_ = open_.ends_with('{');
  } else if (c == ':') {
    out += style_.indents ? ": " : ":";
    wants_key_ = false;
    after_value_ = false;
  } else {
    if (!in_scalar_) {
      begin_value(out);
      in_scalar_ = true;
      colour(c == '-' || (c >= '0' && c <= '9') ? for_number : for_word, out);
    }
    out += c;
  }
}

void json_printer::begin_value(std::string& out) {
  const bool another = open_.empty() && after_value_;  // as in lines of JSON
  if (style_.indents && (is_empty_ || after_comma_ || another)) begin_line(out);
  is_empty_ = after_comma_ = false;
  after_value_ = true;
}

void json_printer::end_scalar(std::string& out) {
  if (in_scalar_) colour(none, out);
  in_scalar_ = false;
}

void json_printer::open(char c, std::string& out) {
  begin_value(out);
  out += c;
  if (open_.size() == deepest) {
    is_plain_ = true;
    return;
  }
  open_ += c;
  is_empty_ = true;
  wants_key_ = c == '{';
  after_value_ = false;
}

void json_printer::close(char c, std::string& out) {
  if (!open_.empty()) open_.pop_back();
  if (style_.indents && !is_empty_) begin_line(out);
  out += c;
  is_empty_ = after_comma_ = wants_key_ = false;
  after_value_ = true;
}

void json_printer::begin_line(std::string& out) const {
  constexpr std::size_t step = 2;
  out += '\n';
  out.append(open_.size() * step, ' ');
}

void json_printer::colour(std::string_view code, std::string& out) const {
  if (style_.colours) out += fmt::format("\x1b[{}m", code);
}

std::string coloured_head(std::string_view head) {
  std::string text;
  for (bool first = true; !head.empty(); first = false) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':'), space = line.find(' ');
    if (first && line.starts_with("HTTP/")) {
      const std::string_view status = line.substr(std::min(space, line.size()));
      const bool fine = status.starts_with(" 2"),
                 moved = status.starts_with(" 3") || status.starts_with(" 1");
      text += in_colour("34", line.substr(0, space)) + in_colour(fine    ? "32;1"
                                                                 : moved ? "36;1"
                                                                         : "31;1",
                                                                 status);
    } else if (first) {
      text +=
          in_colour("32;1", line.substr(0, space)) + std::string(line.substr(std::min(space, line.size())));
    } else if (colon != line.npos) {
      text += in_colour("36", line.substr(0, colon)) + std::string(line.substr(colon));
    } else {
      text += line;
    }
    if (end < head.size()) text += '\n';
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return text;
}

}  // namespace parlance::cli
