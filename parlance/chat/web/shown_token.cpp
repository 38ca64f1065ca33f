#include <parlance/chat/web/shown_token.hpp>
#include <parlance/http/server/refusal.hpp>

namespace parlance::chat {
namespace {

[[noreturn]] void refuse() {
  throw http::refusal(429, "too many failed logins; try again later", {{"Retry-After", "60"}});
}

}  // namespace

void expect_may_show_token(hub& of, const caller& from) {
  if (!of.logins().may_ask(from, {})) refuse();
}

void token_was_wrong(hub& of, const caller& from, std::string_view why) {
  if (!of.logins().may_try(from, {})) refuse();
  of.logins().was_wrong(from, {}, why);
}

}  // namespace parlance::chat
