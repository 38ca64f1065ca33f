#include <algorithm>
#include <expected>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>

#include <cli/get/file_names.hpp>

namespace parlance::cli {
namespace {

/// As UTF-8; what is none in `charset` becomes U+FFFD.
std::string decoded(std::string_view bytes, const std::string& charset) {
  auto decoder = http::text_decoder::make(charset);
  if (!decoder) return {};
  std::string text(decoder->next(bytes));
  return text += decoder->finish();
}

/// UTF-8'en'na%C3%AFve.txt
std::optional<std::string> extended(std::string_view value) {
  const std::size_t first = value.find('\''), second = value.find('\'', first + 1);
  if (first == value.npos || second == value.npos) return std::nullopt;
  const std::string charset = http::lower(value.substr(0, first));
  if (charset != "utf-8" && charset != "iso-8859-1") return std::nullopt;
  return decoded(http::percent_decode(value.substr(second + 1)), charset);
}

}  // namespace

std::optional<std::string> safe_file_name(std::string_view proposed) {
  constexpr std::size_t most = 200;
  if (const std::size_t slash = proposed.find_last_of("/\\"); slash != proposed.npos)
    proposed.remove_prefix(slash + 1);
  std::string name = decoded(proposed, "utf-8");
  std::erase_if(name, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  // Controls of C1, and those that turn the direction of what is shown (U+202A to U+202E, U+2066 to U+2069).
  for (std::size_t i = 0; i + 1 < name.size();) {
    const std::string_view at = std::string_view(name).substr(i);
    const bool c1 = at[0] == '\xc2' && static_cast<unsigned char>(at[1]) < 0xa0;
    const bool turns = at.size() > 2 && at[0] == '\xe2' &&
                       ((at[1] == '\x80' && at[2] >= '\xaa' && at[2] <= '\xae') ||
                        (at[1] == '\x81' && at[2] >= '\xa6' && at[2] <= '\xa9'));
    if (c1 || turns)
      name.erase(i, c1 ? 2 : 3);
    else
      ++i;
  }
  std::string_view left = http::trim(name);
  while (left.starts_with('.') || left.starts_with(' ')) left.remove_prefix(1);
  if (left.size() > most) {
    // What it ends with says what it is.
    const std::size_t dot = left.rfind('.');
    const std::string_view end = dot != left.npos && left.size() - dot <= 20 ? left.substr(dot) : "";
    std::size_t keep = most - end.size();
    while (keep > 0 && (static_cast<unsigned char>(left[keep]) & 0xc0) == 0x80) --keep;
    return std::string(left.substr(0, keep)) + std::string(end);
  }
  return left.empty() ? std::nullopt : std::optional(std::string(left));
}

std::optional<std::string> name_in_disposition(const http::field_list& fields) {
  const auto field = fields.get("Content-Disposition");
  if (!field) return std::nullopt;
  std::optional<std::string> plain, better;
  std::string_view rest = *field;
  http::next_element(rest, ';');  // inline, attachment
  while (const auto element = http::next_element(rest, ';')) {
    const std::size_t equals = element->find('=');
    if (equals == element->npos) continue;
    const std::string name = http::lower(http::trim(element->substr(0, equals)));
    std::string_view value = http::trim(element->substr(equals + 1));
    const std::string text = value.starts_with('"') ? http::take_quoted(value) : std::string(value);
    if (name == "filename" && !plain) plain = text;
    if (name == "filename*" && !better) better = extended(text);
  }
  for (const auto& one : {better, plain})
    if (one)
      if (auto safe = safe_file_name(*one)) return safe;
  return std::nullopt;
}

std::optional<std::string> name_in_url(const http::url& target) {
  const std::string& path = target.path();
  const std::string last = http::percent_decode(path.substr(path.rfind('/') + 1));
  // An encoded slash is no folder.
  return last.contains('/') || last.contains('\\') ? safe_file_name(path.substr(path.rfind('/') + 1))
                                                   : safe_file_name(last);
}

}  // namespace parlance::cli
