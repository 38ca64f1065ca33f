// Tokens by which programs do what an operator does, over HTTP: each is made and taken back at the console, and the server
// keeps no more of it than what tells whether somebody has it.
//
//   const auto token = make_api_token(store, "grafana", true, now);        // shown once
//   if (const auto its = find_api_token(store, given)) ...                 // Authorization: Bearer
//   end_api_token(store, "grafana");
//
// What is made or ended is kept at once. Throw store_error where it cannot be read or kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

struct api_token {
  std::string name;         ///< its token begins with it, and a dot; no secret
  bool only_reads = false;  ///< changes nothing
  std::int64_t made = 0;    ///< in seconds since the Unix epoch
};

inline constexpr std::size_t most_api_tokens = 100;

/// The token; nothing: there is one of that name, or as many as there may be. `name`: see is_name.
std::optional<std::string> make_api_token(store& in, std::string_view name, bool only_reads,
                                          std::int64_t now);
/// By their names.
std::vector<api_token> api_tokens_of(store& in);
/// Whose token that is; nothing: nobody's, or not any more.
std::optional<api_token> find_api_token(store& in, std::string_view token);
/// False: there is none.
bool end_api_token(store& in, std::string_view name);

}  // namespace parlance::chat
