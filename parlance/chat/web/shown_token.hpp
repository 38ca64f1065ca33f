// Tokens that are shown over HTTP in the place of a password: of a webhook, of a file host, of the API. Each that is
// nobody's is a failed login of its network, whatever it was shown to, and who has failed too often may show none.
//
//   expect_may_show_token(hub, from);
//   if (!find_hook(hub, token)) token_was_wrong(hub, from, "wrong token of a webhook");
#pragma once

#include <string_view>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// Throws http::refusal (429) where one may not be looked at now, which is a failed login, too.
void expect_may_show_token(hub& of, const caller& from);
/// `why`: for the log. Throws http::refusal (429) where others have failed meanwhile.
void token_was_wrong(hub& of, const caller& from, std::string_view why);

}  // namespace parlance::chat
