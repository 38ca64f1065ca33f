// What a server wants to see before it answers: the challenges of WWW-Authenticate (RFC 9110 11.6.1).
//
//   for (const http::challenge& one : http::challenges_of(head.fields, "WWW-Authenticate"))
//     if (one.is("Basic")) ...one.get("realm")...
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

struct challenge {
  std::string scheme;
  /// As they came, quotation marks taken off. One in the form of a token68, as of Negotiate, is left out.
  std::vector<std::pair<std::string, std::string>> parameters = {};

  /// Case is ignored in both.
  bool is(std::string_view name) const noexcept;
  /// The first of this name.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
};

/// `name=value` pairs, separated by commas, as in Authentication-Info. What is no such pair is left out.
std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view list);

/// Those of all lines of this name, in their order. What makes no sense is left out.
std::vector<challenge> challenges_of(const field_list& fields, std::string_view name);

}  // namespace parlance::http
