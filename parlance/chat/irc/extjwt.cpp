// EXTJWT: a token by which a service beside the server knows who somebody is here (ircv3.net/specs/extensions/extjwt).
// The one service is that for files.
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/file_host_token.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

/// Of a token in one line.
constexpr std::size_t most_in_line = 300;

}  // namespace

void extjwt(irc_client& by, const message& m) {
  const auto refuse = [&by](std::string_view code, std::string_view about, std::string_view text) {
    by.fail("EXTJWT", code, {about}, text);
  };
  const std::string_view target = m.param(0);
  const std::string_view service = m.param_count() > 1 ? m.param(1) : file_host_service;
  if (target != "*") return refuse("NO_SUCH_CHANNEL", target, "Tokens are for yourself here, *");
  if (!same_name(service, file_host_service) || !by.chat().uploads().is_offered())
    return refuse("NO_SUCH_SERVICE", service, "There is no such service");
  const person& who = *by.who();
  if (who.account.empty() && by.chat().configured().uploads.uploaders == uploaders::accounts)
    return refuse("ACCOUNT_REQUIRED", service, "Files are for those who are logged in to an account");
  const std::string token = make_file_host_token(by.chat(), who);
  std::string_view rest = token;
  for (; rest.size() > most_in_line; rest.remove_prefix(most_in_line))
    by.answer("EXTJWT", {target, service, "*", rest.substr(0, most_in_line)});
  by.answer("EXTJWT", {target, service, rest});
}

}  // namespace parlance::chat::irc
