// FILTER: for operators, what is not to be said here.
#include <fmt/core.h>

#include <parlance/chat/core/filter_command.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {

void filter(irc_client& by, const message& m) {
  std::string given;
  for (const std::string_view part : m.params()) given += given.empty() ? "" : " ", given += part;
  if (!check_permission(by, permission::filters, given)) return;
  for (const std::string& line : obey_filter_command(by.chat(), given, by.who()->own().oper).lines)
    by.answer("NOTICE", {by.nick(), fmt::format("*** {}", line)});
}

}  // namespace parlance::chat::irc
