#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

constexpr std::string_view mark = "/hook";
constexpr std::string_view cut_mark = "[...]";
constexpr std::size_t bytes_of_id = 6, bytes_of_secret = 24, longest_token = 64;

std::string digest_of(std::string_view token) { return base64url_encode(bytes_of(sha256(token))); }

void add(hub& of, room& in, hook one) {
  in.hooks.push_back(std::move(one));
  of.rooms().keep_now(in);
}

auto find_in(room& in, std::string_view id) { return std::ranges::find(in.hooks, id, &hook::id); }

std::optional<found_hook> find(const hub& of, std::string_view id, bool is_outgoing) {
  room* const in = of.rooms().find_by_hook(id);
  if (!in) return {};
  const auto its = find_in(*in, id);
  if (its == in->hooks.end() || its->is_outgoing() != is_outgoing) return {};
  return found_hook{.in = in, .what = &*its};
}

/// The beginning of a text in so many bytes, up to the end of a character.
std::string_view beginning(std::string_view text, std::size_t bytes) {
  while (bytes < text.size() && bytes != 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80U)
    --bytes;
  return text.substr(0, bytes);
}

}  // namespace

std::string hook_nick(std::string_view name) { return fmt::format("{}{}", name, mark); }

bool is_hook_name(std::string_view name, const limits& bounds) {
  return !name.empty() && name.size() <= bounds.name &&
         is_relayed_name(hook_nick(name), bounds.name + mark.size());
}

std::string address_of_hook(std::string_view token, const caller& from) {
  return from.here.empty()
             ? fmt::format("/hooks/{}", token)
             : fmt::format("{}://{}/hooks/{}", from.is_secure ? "https" : "http", from.here, token);
}

std::string make_incoming_hook(hub& of, room& in, std::string_view name, std::string_view by) {
  const std::string id = random_token(bytes_of_id);
  std::string token = fmt::format("{}.{}", id, random_token(bytes_of_secret));
  add(of, in,
      {.id = id,
       .name = std::string(name),
       .by = std::string(by),
       .made = of.clock().seconds(),
       .digest = digest_of(token)});
  return token;
}

std::string make_outgoing_hook(hub& of, room& in, std::string_view url, std::vector<std::string> words,
                               std::string_view by) {
  const auto parsed = http::url::parse(url);
  std::string name(parsed ? beginning(parsed->host_name(), of.configured().limits.name) : "");
  std::string secret = random_token(bytes_of_secret);
  add(of, in,
      {.id = random_token(bytes_of_id),
       .name = is_hook_name(name, of.configured().limits) ? std::move(name) : "outgoing",
       .by = std::string(by),
       .made = of.clock().seconds(),
       .url = parsed ? parsed->str() : std::string(url),
       .secret = secret,
       .words = std::move(words)});
  return secret;
}

bool is_hook_url(std::string_view text) {
  if (text.size() > longest_hook_url || !(text.starts_with("https://") || text.starts_with("http://")))
    return false;
  const auto url = http::url::parse(text);
  return url && !url->host().empty() && !url->has_credentials();
}

bool take_back_hook(hub& of, room& in, std::string_view id) {
  const auto its = find_in(in, id);
  if (its == in.hooks.end()) return false;
  in.hooks.erase(its);
  of.rooms().keep_now(in);
  of.rooms().forget_hook(id);
  return true;
}

bool stop_hook(hub& of, room& in, std::string_view id, std::string_view why) {
  const auto its = find_in(in, id);
  if (its == in.hooks.end() || !its->is_outgoing()) return false;
  its->failure = why;
  of.rooms().keep_now(in);
  return true;
}

std::optional<found_hook> find_hook(const hub& of, std::string_view token) {
  const std::size_t dot = token.find('.');
  if (token.size() > longest_token || dot == token.npos) return {};
  const auto found = find(of, token.substr(0, dot), false);
  if (!found) return {};
  const sha256_digest given = sha256(digest_of(token)), kept = sha256(found->what->digest);
  return same_digest(given, kept) ? found : std::nullopt;
}

std::optional<found_hook> find_outgoing_hook(const hub& of, std::string_view id) {
  return find(of, id, true);
}

std::string fit_for_hook(std::string_view text, const limits& bounds) {
  text::sanitizer clean(text::sanitizer::newlines::keep);
  std::string all;
  clean.feed(text, all);
  clean.finish(all);
  all.erase(std::min(all.find_last_not_of(" \n") + 1, all.size()));
  all.erase(0, std::min(all.find_first_not_of('\n'), all.size()));
  const std::size_t bytes = bounds.multiline_bytes;
  std::size_t end = all.find('\n');  // of the last line that it may have
  for (std::size_t line = 1; line < bounds.multiline_lines && end != all.npos; ++line)
    end = all.find('\n', end + 1);
  if (end == all.npos && all.size() <= bytes) return all;
  const std::size_t most = bytes - std::min(bytes, cut_mark.size() + 1);
  all = beginning(std::string_view(all).substr(0, end), most);
  // In the place of a line, where there are as many as there may be.
  if (const auto lines = static_cast<std::size_t>(std::ranges::count(all, '\n')) + 1;
      lines >= bounds.multiline_lines && lines > 1)
    all.erase(all.rfind('\n'));
  return all + (bounds.multiline_lines > 1 ? '\n' : ' ') + std::string(cut_mark);
}

double cost_for_hook(std::string_view text) noexcept {
  return 1 + static_cast<double>(std::ranges::count(text, '\n')) / 10;
}

}  // namespace parlance::chat
