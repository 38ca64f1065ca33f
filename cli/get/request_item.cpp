#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/http/base/grammar.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/request_item.hpp>

namespace parlance::cli {
namespace {

struct mark {
  std::string_view text;
  item_kind kind;
  bool from_file;
};

/// Of those that begin at the same place, the first here counts.
constexpr std::array<mark, 10> marks = {{{":=@", item_kind::json, true},
                                         {"==@", item_kind::query, true},
                                         {"=@", item_kind::text, true},
                                         {":@", item_kind::header, true},
                                         {":=", item_kind::json, false},
                                         {"==", item_kind::query, false},
                                         {"=", item_kind::text, false},
                                         {"@", item_kind::file, false},
                                         {":", item_kind::header, false},
                                         {";", item_kind::empty_header, false}}};

bool begins_with_scheme(std::string_view word) {
  const std::string begin = http::lower(word.substr(0, std::string_view("https://").size()));
  return begin.starts_with("http://") || begin.starts_with("https://");
}

/// Before any other character a backslash is itself: C:\Users.
std::string without_backslashes(std::string_view text, std::string_view special) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && special.contains(text[i + 1])) ++i;
    plain += text[i];
  }
  return plain;
}

/// Whether this, behind a colon, could be a port, with or without more of a URL behind it.
bool begins_with_port(std::string_view text) {
  constexpr std::size_t most_digits = 5;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  return digits > 0 && digits <= most_digits &&
         (digits == text.size() || std::string_view("/?#").contains(text[digits]));
}

/// Whether name:value could be the name and the password of a URL, which must go nowhere else.
bool ends_with_host(std::string_view value) {
  const std::size_t at = value.rfind('@');
  if (at == value.npos || value.starts_with(' ')) return false;
  const std::string_view host = value.substr(at + 1, value.find_first_of("/?#:", at) - at - 1);
  return !host.empty() &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
             host.npos;
}

bool is_surely_a_host(std::string_view name) {
  return name == "localhost" || name.contains('.') || name.starts_with('[');
}

[[noreturn]] void refuse_ambiguous(std::string_view word, std::string_view as_item) {
  throw complaint(usage,
                  fmt::format("{} could be a URL or a part of the request; write http://{} for the one, "
                              "or {} for the other",
                              http::in_quotes(word), word, as_item));
}

}  // namespace

std::optional<request_item> parse_request_item(std::string_view word) {
  if (begins_with_scheme(word)) return std::nullopt;
  // An IPv6 address has colons of its own.
  const std::size_t begin = word.starts_with('[') ? std::min(word.find(']'), word.size()) : 0;
  const mark* found = nullptr;
  std::size_t at = begin;
  for (; at < word.size() && !found; ++at) {
    if (word[at] == '\\') {
      ++at;
      continue;
    }
    const auto here =
        std::ranges::find_if(marks, [&](const mark& one) { return word.substr(at).starts_with(one.text); });
    if (here == marks.end()) continue;
    // A semicolon is one at the end only.
    if (here->kind == item_kind::empty_header && at + 1 != word.size()) continue;
    found = here;
    break;
  }
  if (!found) return std::nullopt;

  const std::string_view name = word.substr(0, at), value = word.substr(at + found->text.size());
  if (found->text == ":" && begins_with_port(value)) {
    if (is_surely_a_host(name)) return std::nullopt;
    refuse_ambiguous(word, fmt::format("'{}: {}'", name, value));
  }
  if (found->text == ":" && ends_with_host(value))
    throw complaint(
        usage, fmt::format("{}... could be a URL with a password or a field; write http://... for the one, "
                           "or '{}: ...' with a space for the other",
                           name, name));
  if (const std::size_t slash = name.find('/'); slash != name.npos && (slash == 0 || name[slash - 1] != '\\'))
    refuse_ambiguous(word, fmt::format("'{}\\{}'", word.substr(0, slash), word.substr(slash)));
  if (name.empty())
    throw complaint(usage, fmt::format("{} has no name before its {}", http::in_quotes(word),
                                       http::in_quotes(found->text)));
  const bool path = found->from_file || found->kind == item_kind::file;
  return request_item{.kind = found->kind,
                      .name = without_backslashes(name, "=:@;/"),
                      .value = path ? std::string(value) : without_backslashes(value, "=:@;"),
                      .from_file = found->from_file};
}

}  // namespace parlance::cli
