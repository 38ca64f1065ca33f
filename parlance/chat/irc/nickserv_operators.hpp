// What NickServ does for operators of the server with the accounts of others (permission::accounts).
#pragma once

#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {

void make_account_for_another(irc_client& by, const service_command::words& given);
void rename_account_of_another(irc_client& by, const service_command::words& given);
void suspend_account_of_another(irc_client& by, const service_command::words& given);
void lift_suspension_of_another(irc_client& by, const service_command::words& given);

}  // namespace parlance::chat::irc
