// Whether what a hub knows fits together: each person under its nick, each seat in its room, each client with its person,
// and as many of everything as there may be.
#pragma once

#include <string>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat::test {

/// What does not, in words; nothing: all does. Between turns.
std::string inspect(hub& chat);

}  // namespace parlance::chat::test
