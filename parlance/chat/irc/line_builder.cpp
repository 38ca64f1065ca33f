#include <algorithm>

#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/message.hpp>

namespace parlance::chat::irc {
namespace {

constexpr bool ends_a_line(char c) { return c == '\0' || c == '\r' || c == '\n'; }

bool is_middle(std::string_view text) {
  return !text.empty() && text.front() != ':' &&
         std::ranges::none_of(text, [](char c) { return c == ' ' || ends_a_line(c); });
}

}  // namespace

line_builder& line_builder::tag(std::string_view key, std::string_view value) {
  return escaped_tag(key, value.find_first_of(std::string_view("; \\\r\n\0", 6)) == std::string_view::npos
                              ? value
                              : escape_tag(value));
}

line_builder& line_builder::escaped_tag(std::string_view key, std::string_view escaped) {
  if (out_.size() == start_) {
    out_ += '@';
  } else {
    out_.back() = ';';  // instead of the space after the tag before
  }
  out_ += key;
  if (!escaped.empty()) {
    out_ += '=';
    out_ += escaped;
  }
  out_ += ' ';
  body_ = out_.size();
  return *this;
}

line_builder& line_builder::source(std::string_view who) {
  if (who.empty()) return *this;
  out_ += ':';
  out_ += who;
  out_ += ' ';
  return *this;
}

line_builder& line_builder::command(std::string_view name) {
  out_ += name;
  return *this;
}

line_builder& line_builder::numeric(irc::numeric which, std::string_view client) {
  const auto text = digits(which);
  out_.append(text.data(), text.size());
  return param(client);
}

line_builder& line_builder::param(std::string_view text) {
  out_ += ' ';
  out_ += is_middle(text) ? text : std::string_view("*");
  return *this;
}

void line_builder::end(std::string_view last) {
  out_ += ' ';
  if (is_middle(last)) {
    out_ += last;
  } else {
    out_ += ':';
    const auto from = static_cast<std::ptrdiff_t>(out_.size());
    // No more than can be sent is copied; one byte more tells `end` that it was too long.
    out_ += last.substr(0, max_line);
    std::replace_if(out_.begin() + from, out_.end(), ends_a_line, ' ');
  }
  end();
}

void line_builder::end() {
  const std::string_view body = std::string_view(out_).substr(body_);
  if (body.size() > max_line - 2) out_.resize(body_ + truncate_utf8(body, max_line - 2).size());
  out_ += "\r\n";
}

}  // namespace parlance::chat::irc
