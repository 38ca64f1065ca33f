#include <algorithm>
#include <array>
#include <string_view>

#include <parlance/http/base/secret_fields.hpp>

#include <cli/get/hidden_words.hpp>

namespace parlance::cli {
namespace {

constexpr std::array<std::string_view, 6> verbs = {"get", "post", "put", "patch", "delete", "head"};
constexpr std::array<std::string_view, 11> logins = {
    "-u",       "--user",          "-a",     "--auth",      "-U",          "--proxy-user",
    "--bearer", "--oauth2-bearer", "--pass", "--from-curl", "--proxy-pass"};
constexpr std::array<std::string_view, 3> certificates = {"-E", "--cert", "--proxy-cert"};

void blank(char* word, std::size_t from, std::size_t to) noexcept { std::fill(word + from, word + to, '*'); }

/// In "FILE:PASSWORD".
void blank_behind_colon(char* word) noexcept {
  const std::string_view text = word;
  if (const std::size_t colon = text.find(':'); colon != text.npos) blank(word, colon + 1, text.size());
}

/// In "http://me:secret@host/", also behind -x or an equals sign.
void blank_login_of_url(char* word) noexcept {
  const std::string_view text = word;
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos) return;
  const std::size_t begin = scheme + 3, end = std::min(text.find_first_of("/?#", begin), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  if (at != text.npos && at > begin) blank(word, begin, at);
}

/// In "X-Api-Key: secret", an item, or an argument of -H.
void blank_secret_field(char* word) {
  const std::string_view text = word;
  const std::size_t colon = text.find(':');
  if (colon != text.npos && colon + 1 < text.size() && text.find_first_of("/ ") > colon &&
      http::tells_secret(text.substr(0, colon)))
    blank(word, colon + 1, text.size());
}

}  // namespace

void hide_secret_words(int argc, char** argv) {
  int i = 1;
  while (i < argc && std::ranges::find(verbs, std::string_view(argv[i])) == verbs.end()) ++i;
  for (++i; i < argc; ++i) {
    const std::string_view word = argv[i];
    for (const std::string_view option : logins) {
      if (!word.starts_with(option)) continue;
      const bool is_long = option.starts_with("--");
      if (word == option && i + 1 < argc)
        blank(argv[i + 1], 0, std::string_view(argv[i + 1]).size());
      else if (!is_long || word.substr(option.size()).starts_with('='))
        blank(argv[i], std::min(option.size() + (is_long ? 1 : 0), word.size()), word.size());
    }
    for (const std::string_view option : certificates) {
      if (word == option && i + 1 < argc) blank_behind_colon(argv[i + 1]);
      if (word != option && word.starts_with(option)) blank_behind_colon(argv[i]);
    }
    blank_login_of_url(argv[i]);
    blank_secret_field(argv[i]);
  }
}

}  // namespace parlance::cli
