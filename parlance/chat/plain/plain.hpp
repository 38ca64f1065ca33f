// The plain dialect: how the chat reads for people and small programs, and what their messages do.
//
//   guest1: hello                 said in #lobby           #dev guest1: hello      said in another room
//   * guest1 waves                an action                guest1 -> bob: psst     a whisper
//   -- guest1 is now alice        from the server: no name starts with '-', so nobody can say such a line
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/searching.hpp>

namespace parlance::chat {

/// As `encoders` have it.
void encode_plain(std::string& out, const event& what, form shape);
/// Appends an event as a line with its newline. `answers_only`: nothing but what people say.
void append_plain(std::string& out, const event& what, bool answers_only = false);

/// A line from the server, with its newline.
std::string plain_notice(std::string_view text);

/// What a person hears first.
std::string plain_greeting(const person& who, std::string_view obstacle = {});

/// What was said last in a room that somebody has come into.
std::string plain_replay(client& to, room& of);

struct plain_answer {
  std::string text = {};  ///< for the one who asked: lines with their newlines, or nothing
  std::string past = {};  ///< more of the same, which tells what was said, and is only so if that is kept
  bool leaves = false;    ///< it asked to leave; it has not left yet
  std::optional<search_question> search = {};  ///< it is answered when that is
};

/// The client becomes one more of the person of that name whom its account is already; it leaves as who it was. Nothing: there is
/// no such person.
std::optional<plain_answer> join_own_person(client& by, std::string_view wanted);

/// Does what a message of `by`, who is there, asks for.
plain_answer respond(client& by, std::string_view message);

/// Why a message was not said.
std::string plain_too_long(std::size_t limit);
std::string plain_unreadable();
/// The answer to what begins_like_login.
std::string plain_not_said();
/// The same where what lacks may be the next line (secrets_behind), and to that.
std::string plain_nor_the_next();
std::string plain_may_be_secret();

/// Why something could not be done, in words; `what` is the name, or room, that was asked for.
std::string explain(outcome how, std::string_view what, const settings& at);

}  // namespace parlance::chat
