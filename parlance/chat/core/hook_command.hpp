// The command by which webhooks of a room are listed, made and taken back, as each dialect and the console have it:
//
//   (nothing)                     which there are
//   ADD grafana                   one more that says what is posted to its address
//   OUT https://host/path ci      one more that posts what is said there, and begins with "ci"
//   START id                      an outgoing one that has failed too often posts again
//   DEL id
#pragma once

#include <span>
#include <string>
#include <vector>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/room.hpp>

namespace parlance::chat {

/// Who asks.
struct hook_asker {
  std::string by;                    ///< an account, or a nick
  const caller& from;                ///< as whom it has found the server
  bool is_operator_of_room = false;  ///< and may do with it what those may
  bool is_operator = false;          ///< of the server, with the permission `rooms`
};

struct hook_answer {
  std::vector<std::string> lines;  ///< sentences without a capital and a full stop
  std::string secret = {};         ///< what they have of a hook that was made: its token, or its secret
  bool done = true;                ///< false: it could not be done, and they say why
};

hook_asker asker_of_hooks(const client& by, const room& in);

/// `words`: what stands behind the room's name. Throws store_error.
hook_answer obey_hook_command(hub& of, room& in, const hook_asker& by, std::span<const std::string> words);

}  // namespace parlance::chat
