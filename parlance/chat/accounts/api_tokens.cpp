#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/accounts/api_tokens.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::size_t bytes_of_secret = 24, longest_token = 512;

std::string digest_of(std::string_view text) { return base64url_encode(bytes_of(sha256(text))); }

struct kept_token {
  api_token what;
  std::string digest;
};

std::optional<kept_token> read(std::string_view text) {
  try {
    const json in = json::parse(text);
    return kept_token{.what = {.name = in.at("name").get<std::string>(),
                               .only_reads = in.at("only_reads").get<bool>(),
                               .made = in.at("made").get<std::int64_t>()},
                      .digest = in.at("digest").get<std::string>()};
  } catch (const json::exception&) {
    return {};
  }
}

}  // namespace

std::optional<std::string> make_api_token(store& in, std::string_view name, bool only_reads,
                                          std::int64_t now) {
  if (in.get(record_kinds::api_token, folded(name)) || api_tokens_of(in).size() >= most_api_tokens) return {};
  std::string token = fmt::format("{}.{}", name, random_token(bytes_of_secret));
  in.keep_now([&] {
    in.put(record_kinds::api_token, folded(name),
           json({{"name", name}, {"only_reads", only_reads}, {"made", now}, {"digest", digest_of(token)}})
               .dump());
  });
  return token;
}

std::vector<api_token> api_tokens_of(store& in) {
  std::vector<api_token> all;
  in.each(record_kinds::api_token, "", [&](std::string_view, std::string_view text) {
    if (auto one = read(text)) all.push_back(std::move(one->what));
  });
  std::ranges::sort(all, {}, &api_token::name);
  return all;
}

std::optional<api_token> find_api_token(store& in, std::string_view token) {
  const std::size_t dot = token.find('.');
  if (token.size() > longest_token || dot == token.npos || dot == 0) return {};
  const auto text = in.get(record_kinds::api_token, folded(token.substr(0, dot)));
  auto one = text ? read(*text) : std::nullopt;
  if (!one) return {};
  const sha256_digest given = sha256(digest_of(token)), kept = sha256(one->digest);
  return same_digest(given, kept) ? std::optional(std::move(one->what)) : std::nullopt;
}

bool end_api_token(store& in, std::string_view name) {
  if (!in.get(record_kinds::api_token, folded(name))) return false;
  in.keep_now([&] { in.erase(record_kinds::api_token, folded(name)); });
  return true;
}

}  // namespace parlance::chat
