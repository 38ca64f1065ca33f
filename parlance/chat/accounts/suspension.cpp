#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>

#include <parlance/chat/accounts/suspension.hpp>

namespace parlance::chat {

const suspension* suspension_of(const account& its, std::int64_t now) noexcept {
  if (!its.suspended || (its.suspended->until != 0 && its.suspended->until <= now)) return nullptr;
  return &*its.suspended;
}

std::string explain(const suspension& how) {
  std::string text = "The account is suspended";
  if (how.until != 0)
    text += fmt::format(" until {:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(how.until)));
  return how.reason.empty() ? text : fmt::format("{}: {}", text, how.reason);
}

}  // namespace parlance::chat
