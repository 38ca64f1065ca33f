#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <parlance/http/authentication/netrc.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/kept_file.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

/// Takes words off a text, and counts its lines.
class words {
 public:
  explicit words(std::string_view text) : rest_(text) {}

  std::size_t line() const noexcept { return line_; }
  bool is_broken() const noexcept { return broken_; }

  std::optional<std::string> next() {
    for (;;) {
      while (!rest_.empty() && is_space(rest_.front())) take();
      if (rest_.empty()) return std::nullopt;
      if (!at_line_start_ || rest_.front() != '#') break;
      while (!rest_.empty() && rest_.front() != '\n') take();
    }
    at_line_start_ = false;
    if (rest_.front() == '"') return quoted();
    std::string word;
    while (!rest_.empty() && !is_space(rest_.front())) word += take();
    return word;
  }

  /// Up to the next empty line.
  void skip_macro() {
    const std::size_t end = std::min(rest_.find("\n\n"), rest_.find("\n\r\n"));
    for (std::size_t left = std::min(end, rest_.size()); left != 0; --left) take();
  }

 private:
  char take() noexcept {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\n') ++line_, at_line_start_ = true;
    return c;
  }

  std::optional<std::string> quoted() {
    std::string word;
    for (take(); !rest_.empty() && rest_.front() != '"' && rest_.front() != '\n';) {
      char c = take();
      if (c == '\\' && !rest_.empty()) {
        c = take();
        c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
      }
      word += c;
    }
    if (!rest_.starts_with('"')) return broken_ = true, std::nullopt;
    take();
    return word;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  bool at_line_start_ = true, broken_ = false;
};

}  // namespace

std::expected<netrc, std::string> netrc::parse(std::string_view text) {
  netrc read;
  words in(text);
  bool in_entry = false;
  while (const auto word = in.next()) {
    if (*word == "default") {
      read.entries_.push_back({.is_default = true});
      in_entry = true;
    } else if (*word == "macdef") {
      in.next();
      in.skip_macro();
    } else if (*word == "machine" || *word == "login" || *word == "password" || *word == "account") {
      auto said = in.next();
      if (!said) break;
      if (*word == "machine") {
        read.entries_.push_back({.machine = *std::move(said)});
        in_entry = true;
      } else if (!in_entry) {
        return std::unexpected(fmt::format("line {}: {} before any machine", in.line(), *word));
      } else if (*word == "login") {
        read.entries_.back().user = *std::move(said);
      } else if (*word == "password") {
        read.entries_.back().password = *std::move(said);
      }
    }
  }
  if (in.is_broken())
    return std::unexpected(fmt::format("line {}: a quotation mark that nothing closes", in.line()));
  return read;
}

netrc netrc::read(const std::string& path) {
  const auto text = read_kept_file(path, max_size);
  if (!text) throw io::error(io::from_errno(ENOENT), "read " + path);
  auto parsed = parse(*text);
  if (!parsed) throw io::error(io::from_errno(EINVAL), "read " + path, parsed.error());
  return *std::move(parsed);
}

std::optional<netrc::entry> netrc::find(std::string_view host, std::string_view user) const {
  const auto of_user = [&](const entry& one) { return user.empty() || one.user == user; };
  auto at = std::ranges::find_if(entries_, [&](const entry& one) {
    return !one.is_default && equals_ignoring_case(one.machine, host) && of_user(one);
  });
  if (at == entries_.end())
    at = std::ranges::find_if(entries_, [&](const entry& one) { return one.is_default && of_user(one); });
  return at == entries_.end() ? std::nullopt : std::optional(*at);
}

}  // namespace parlance::http
