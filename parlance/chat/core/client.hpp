// One connection, as the hub sees it: somebody's window into the chat. What it is told is gathered
// while a turn of the loop lasts, and handed to the connection at its end (turn.hpp).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/outgoing.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/room_run.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

struct settings;

/// The way to whoever reads what a client is told. Its calls go one way: none of them answers, so another
/// thread can be at the other end.
class connection {
 public:
  /// Takes what a turn had for it. Never fails: who takes too little is dismissed later.
  virtual void deliver(outgoing batch) = 0;
  /// Nothing more will be delivered; what has been is sent, then it ends.
  virtual void end() = 0;
  /// A gateway has told that it speaks for somebody who calls from there, and who may be put out for that.
  virtual void comes_from(const std::optional<network>& /*address*/) {}

 protected:
  ~connection() = default;
};

class client {
 public:
  client(hub& of, connection& by, caller from);
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  /// Leaves the chat, when it is still in it.
  virtual ~client();

  hub& chat() const noexcept { return hub_; }
  /// Whom it shows; null before it has a name, and after it has left.
  person* who() const noexcept { return person_; }
  const caller& from() const noexcept { return from_; }
  /// No other of the hub ever has it; those who call later have a greater one.
  std::uint64_t number() const noexcept { return number_; }
  /// It is a gateway's, which speaks for `whom`. Before it is anybody.
  void speaks_for(caller whom);
  form shape() const noexcept { return reader_.shape(); }
  io::time_point connected() const noexcept { return connected_; }
  io::time_point heard = {};
  /// It has left, or was put out: what it says is not listened to.
  bool is_ending() const noexcept { return ending_; }

  /// What it asks for costs so much more of its sender's rate, in messages, beside the one that it is.
  void charge(double messages) noexcept { charged_ += messages; }
  /// What has been charged since this was asked last.
  double take_charge() noexcept { return std::exchange(charged_, 0); }

  /// Whether it hears what it says itself.
  bool echoes = false;
  /// It was attached to somebody who was shown nothing of what was said from there on, while nobody was connected: see
  /// missed.hpp. 0: nothing was missed. Who shows it says so (missed_is_shown).
  entry_id missed_since = 0;
  /// Why its owner is not at it; see hub::set_away.
  std::string away;

  /// Bytes for this client alone, framed already; after everything that it was told in this turn.
  template <std::invocable<std::string&> Write> void write(Write&& how, bool conditional = false) {
    write_or(std::forward<Write>(how), conditional, {});
  }
  void write(std::string_view bytes) {
    write([&](std::string& out) { out += bytes; });
  }

  /// The same, of bytes that tell what is in the history: while something said in this turn may not be kept,
  /// they leave only when it is, and `instead` does when it is not.
  template <std::invocable<std::string&> Write> void write_past(Write&& how, std::string instead) {
    write_or(std::forward<Write>(how), may_not_be_kept(), std::move(instead));
  }

  /// Bytes that it was told in this turn so far, but what its rooms have for it. What is due at once must
  /// stay below limits::sendq.
  std::size_t due() const noexcept { return reader_.size() + (captured_ ? captured_->lines.size() : 0); }

  /// It was put out for a reason in few words: its last line.
  virtual void dismissed(std::string_view why) = 0;
  /// What it said to `target` in this turn could not be kept, so nobody has heard it.
  virtual void not_kept(event::kind what, std::string_view target) = 0;
  /// It has just said that. True: it has something else told to it then, by itself, than by `not_kept`.
  virtual bool prepares_for_loss(event::kind /*what*/, std::string_view /*target*/) { return false; }
  /// The configuration has been read again; it was `before`.
  virtual void settings_changed(const settings& /*before*/) {}

 protected:
  /// From here on events come in another form.
  void reshape(form to);
  /// What it was told, kept back.
  struct captured {
    std::string lines;                   // without framing
    std::optional<std::string> instead;  // what is to leave where the store has not kept what they tell
  };
  /// From here on everything that it is told is appended to `into` instead; null ends that.
  void capture(captured* into);
  bool is_capturing() const noexcept { return captured_ != nullptr; }

 private:
  friend hub;
  friend turn;
  void begin_write();
  bool may_not_be_kept() const noexcept;
  template <class Write> void write_or(Write&& how, bool conditional, std::string instead) {
    if (!captured_) {
      begin_write();
      return reader_.append(std::forward<Write>(how), conditional, std::move(instead));
    }
    how(captured_->lines);
    if (conditional) (captured_->instead ? *captured_->instead : captured_->instead.emplace()) += instead;
  }

  hub& hub_;
  connection& connection_;
  caller from_;
  person* person_ = nullptr;
  run_reader reader_;
  const io::time_point connected_;
  const std::uint64_t number_;
  captured* captured_ = nullptr;
  double charged_ = 0;
  bool is_dirty_ = false;
  bool ending_ = false;
};

}  // namespace parlance::chat
