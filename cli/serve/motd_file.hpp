// The message of the day, when it is in a file.
#pragma once

#include <parlance/chat/core/settings.hpp>

namespace parlance::cli {

/// Puts what server.motd_file says, made fit to be shown, into server.motd. Throws `complaint` when it cannot
/// be read or is too long.
void read_motd_file(chat::settings& of);

}  // namespace parlance::cli
