// Where one message ends and the next begins, for callers who speak no protocol: people and small programs.
//
//   framing.feed(bytes);
//   while (auto message = framing.next()) show(message->text);
//   ... nothing followed for a moment: framing.pause()    ... the caller has ended its side: framing.end()
//
// A newline (LF, CR or CRLF) ends a message. Before the caller's first newline, so does a moment in which
// nothing follows: then it is a program that sends a text and waits for the answer. If what a moment ended
// turns out to be the beginning of a login, or of a command, all of that up to the newline is one message again, so that
// nothing of a command is ever taken for talk. The text of a message is fit to
// show (see text.hpp), without blanks at its end; blank messages are left out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/base/pause.hpp>
#include <parlance/text/telnet.hpp>

namespace parlance::chat {

class plain_framing {
 public:
  struct message {
    enum class kind : unsigned char {
      text,
      too_long,    ///< longer than the limit; reported once, and the rest of it skipped
      unreadable,  ///< more than a quarter of it is no UTF-8 text
      login  ///< to be said to nobody: keys, telnet's commands or a NUL hide that it begins like a login
    };
    kind what = kind::text;
    std::string text = {};
  };

  /// `limit`: bytes of a message. Never keeps more than twice that.
  explicit plain_framing(std::size_t limit) noexcept : limit_(limit) {}

  /// From the next message on.
  void set_limit(std::size_t limit) noexcept { limit_ = limit; }

  /// What arrived. It must stay until `next` has given all there is.
  void feed(std::string_view bytes) noexcept { input_ = bytes; }
  std::optional<message> next();
  /// What `next` has not looked at.
  std::string_view unread() const noexcept { return input_; }
  /// Nothing followed for a moment.
  std::optional<message> pause();
  /// Nothing will ever follow.
  std::optional<message> end();

  /// What is to be sent for telnet's options in what `next` has looked at.
  std::string take_telnet_answer() noexcept { return options_.take_answer(); }

  bool newline_seen() const noexcept { return newline_seen_; }
  /// Of a caller who has sent one, in another run of the server.
  void go_on_behind_newline() noexcept { newline_seen_ = true; }
  /// What has come of a message and was not given, if that is all there is to know of it.
  std::optional<std::string_view> begun() const noexcept {
    if (skipping_ || (given_ != 0 && given_ != kept_.size())) return {};
    return std::string_view(kept_).substr(given_);
  }
  /// What a pause means behind what has come of a message and `more` of it.
  pause_means weigh(std::string_view more) const;
  /// Whether a pause would end something.
  bool wants_pause() const noexcept { return !newline_seen_ && (skipping_ || kept_.size() > given_); }
  /// What has arrived of a message that has not ended, or that may go on as a login or a command.
  std::string_view kept() const noexcept { return kept_; }

 private:
  std::optional<message> keep(std::string_view part);
  std::optional<message> finish(std::string_view last_part);

  std::size_t limit_;
  std::string_view input_;
  std::string kept_;
  text::telnet_options options_;
  std::size_t given_ = 0;  // so many bytes of it at a pause
  bool was_cut_ = false;   // and those by more than one
  bool newline_seen_ = false;
  bool skipping_ = false;
};

}  // namespace parlance::chat
