// Who asks over HTTP, by the password of an account.
#pragma once

#include <optional>
#include <string>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

/// `credentials`: those of Basic, in base64 (RFC 7617). The identity of the account; nothing: it has another password, or
/// is none. Each attempt is paid for as those over IRC are (logins). Throws http::refusal where it may not be tried now.
io::task<std::optional<std::string>> prove_by_password(hub& of, caller from, std::string credentials);

}  // namespace parlance::chat
