// What a message of the plain dialect asks for: "/to bob hi" whispers, "Q" leaves, "hello" is said.
#pragma once

#include <span>
#include <string_view>

#include <parlance/chat/base/pause.hpp>

namespace parlance::chat {

struct plain_command {
  enum class verb : unsigned char {
    say,      ///< `text`, to the room
    act,      ///< `text`, as in "* bob waves"
    whisper,  ///< `text` to `target`
    nick,     ///< be called `target`
    quiet,  ///< hear only answers, and what people say; at the beginning be called `target`, if it is not empty
    join,     ///< the room `target`
    leave,    ///< the room `target`; empty: the one that is spoken in
    link,     ///< a link into the room that is spoken in, for `target`, a time
    hook,     ///< of the room that is spoken in: `target` is what to do, `text` its words; empty: list them
    pin,      ///< in the room that is spoken in: the last that has `text` in it; empty: list them
    unpin,    ///< that of the number `target`
    silence,  ///< `target` in private, or no more where a - stands before it; empty: list them
    login,    ///< to the account `target` with the password `text`
    rooms,
    who,
    history,  ///< `target` of the last messages; empty: some
    search,   ///< for `text`
    forget,   ///< all that one has said; `target` is the code that was told for it, or empty
    help,
    quit,
    login_name,  ///< to the account `target`, without a password yet; of login_in only
    incomplete,  ///< `target` is the command whose words are missing; `text` is how it is used
    unknown      ///< `target` is the word
  };
  verb what = verb::say;
  // Parts of the message, or of a constant.
  std::string_view target = {};
  std::string_view text = {};
};

/// `message`: fit text, without its line end. A slash starts a command, whatever the case of its letters; two
/// slashes stand for one at the start of a text. Q or q alone leaves.
plain_command parse_plain(std::string_view message) noexcept;

/// What a text asks for that is meant for a /login, however it was typed: behind blanks, with one behind the
/// slash, with one of another script behind the word. verb::login; verb::login_name when words are missing, of
/// which `target` is the account, or empty; verb::say when it is none.
plain_command login_in(std::string_view text) noexcept;

/// Whether a text that is to be said begins as a command with a password does, of IRC, of a service or of the
/// console: "PASS secret", "ns identify secret", " /login alice secret". Somebody speaks in the wrong language,
/// or window, and nobody is to hear it.
bool begins_like_login(std::string_view text);

/// How many lines behind such a text may be a password alone, for it lacks that: one behind a lone PASS in capitals, or
/// "ns identify", two behind "AUTH LOGIN". 0: none.
unsigned secrets_behind(std::string_view text);

/// From the slash on, of a text in which nothing but what one does not see stands before a slash: blanks of any
/// script, a BOM. Any other as it is.
std::string_view without_blanks_before_slash(std::string_view text) noexcept;

/// Whether a line of which only this has come may become one that begins so, or a /login: `more` when what
/// follows may be the password, or the rest of it, or of the text of a command that is not for the room. Nothing that begins such a line is `plain`, so that what
/// follows can be told from talk. `part`: as it came.
pause_means weigh_login(std::string_view part);

/// What a slash command of which only this has come makes of what follows. `part`: as it came.
enum class command_part : unsigned char {
  none,        ///< it is no command, or one that takes no words
  whole,       ///< it can be obeyed, and what follows may be more of its words
  unfinished,  ///< it lacks words, or the rest of its name, or may have a text or a key
};
command_part weigh_command(std::string_view part);

/// The commands, for those who ask for help.
struct plain_usage {
  std::string_view usage;    ///< "/to NAME TEXT"
  std::string_view meaning;  ///< what it does, in few words
};
std::span<const plain_usage> plain_usages() noexcept;

}  // namespace parlance::chat
