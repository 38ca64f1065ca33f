// A client that speaks IRC (modern.ircdocs.horse, RFC 1459, RFC 2812, IRCv3): its registration, what it asked
// for, and how it is answered. What its commands do is in the files that commands.hpp names.
//
// Concurrency: one command at a time. One that takes long (`later`) makes the client busy until it is done,
// and the next waits.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/irc/message.hpp>
#include <parlance/chat/irc/numeric.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::chat::irc {

struct command;

class irc_client final : public client, private io::timer {
 public:
  using words = std::initializer_list<std::string_view>;

  irc_client(hub& of, connection& by, caller from);
  ~irc_client() override;

  /// Does what a line asks for, and answers it.
  void obey(std::string_view line);
  /// It sent a line that is longer than it may be.
  void line_too_long();
  /// It ended, or was cut off.
  void gone(std::string_view why);

  /// Set once the command under way is done; null when none is.
  io::event* busy() noexcept { return working_ ? &done_ : nullptr; }
  /// The command under way waits no more for a turn to work on a password: what needs one is refused.
  void give_up_waiting() noexcept {
    has_given_up_ = true;
    if (asker_) asker_->gives_up.set();
  }
  bool has_given_up_waiting() const noexcept { return has_given_up_; }
  /// Whether it may look at so many with masks of so many bytes now, which is paid for. An operator may.
  bool may_search(std::size_t among, std::size_t bytes_of_masks);

  // --- answers, each a line from the server to this client

  /// ":server 001 nick WORD... :TEXT": the last word has the colon where it needs one.
  void reply(numeric what, words parameters);
  /// ":server COMMAND WORD..."
  void answer(std::string_view command, words parameters);
  /// ":SOURCE COMMAND WORD..."
  void answer_as(std::string_view source, std::string_view command, words parameters);
  /// A standard reply (IRCv3 standard-replies): FAIL, WARN or NOTE, about COMMAND, with a code for programs,
  /// what it is about, and a text for people.
  std::string standard_reply(std::string_view type, std::string_view command, std::string_view code,
                             words about, std::string_view text) const;
  void fail(std::string_view command, std::string_view code, words about, std::string_view text) {
    put(standard_reply("FAIL", command, code, about, text));
  }
  /// Lines that are complete, with their CRLF.
  void answer_lines(std::string_view lines) { put(lines); }
  /// The same, of what is in the history; `instead`: see client::write_past.
  void answer_past(std::string_view lines, std::string_view instead);
  /// What the hub said to `what`, as the numeric that tells it.
  void explain(outcome how, std::string_view what);

  /// Starts a batch of answers, when the client can take one, and returns its reference; empty when not. Each
  /// answer in it must have the tag "batch=REFERENCE".
  std::string open_batch(std::string_view type, words parameters);
  void close_batch(const std::string& reference);

  /// For a command that is only a part of one: it is not answered, and its label is that of the whole.
  std::string take_label();
  /// For the part that ends it: its answers are those of the whole.
  void give_label(const std::string& label);

  /// Runs `slow` on a worker thread, then `then` with what it gave, here, as part of the command that is
  /// being obeyed; not when the client has gone meanwhile. `slow` must own what it touches. It is for work on
  /// a password of the account `whose`, or on a new one (it is empty then), of which there is little at a
  /// time (logins::turn_to_work): `then` gets nothing when it cannot be done now. `may_begin` is asked when
  /// its turn has come, and has it not be done by saying no. One at a time: see `in_order`.
  template <class Slow, class Then>
  void later(std::string_view whose, Slow slow, Then then, std::function<bool()> may_begin = {}) {
    using result = std::invoke_result_t<Slow&>;
    auto value = std::make_shared<std::optional<result>>();
    run_later(
        whose, [value, slow = std::move(slow)]() mutable { *value = slow(); },
        [value, then = std::move(then)]() mutable { then(std::move(*value)); }, std::move(may_begin));
  }

  /// For what takes long and is no work on a password: `work` goes on beside the turns, then `then` is called, here,
  /// as part of the command that is being obeyed; not when the client has gone meanwhile. `work` must own what it
  /// touches, and know of this client only by `presence`.
  void wait_for(io::task<void> work, std::function<void()> then);
  /// Whose window this is, for work that outlives it: null when it has gone, or shows nobody any more.
  std::function<person*()> presence();

  /// For a command of several parts, as one with several targets: does `part` now, or once the parts before
  /// it are done, if one of them works `later`; not at all when one of them has ended the client. `part` must
  /// own what it touches when `is_working`.
  template <class Part> void in_order(Part part) {
    if (is_ending()) return;
    if (is_working())
      rest_.push_back(std::move(part));
    else
      part();
  }
  bool is_working() const noexcept { return working_; }

  // --- what it is

  bool is_registered() const noexcept { return phase_ == phase::registered; }
  /// Its nick for answers; "*" while it has none.
  std::string_view nick() const noexcept { return who() ? std::string_view(who()->nick()) : "*"; }
  const capabilities& asked() const noexcept { return asked_; }
  bool has(capability c) const noexcept { return asked_.has(c); }
  void ask(capability c, bool on);
  const limits& bounds() const noexcept { return chat().configured().limits; }

  /// It is in the chat, and no command is under way, nor a part of one.
  bool is_at_rest() const noexcept {
    return is_registered() && who() && !is_ending() && !working_ && !multiline && !response_;
  }
  /// It is in the chat as that person, who was told so in another run of the server (carrying.hpp).
  void go_on(person& whom);
  /// Comes into the chat once everything that it takes is there.
  void try_to_register();
  /// Ends it: an ERROR line, and the connection after it.
  void close_link(std::string_view why);
  /// The ERROR line, framed.
  std::string closing_line(std::string_view why) const;

  void dismissed(std::string_view why) override;
  void not_kept(event::kind what, std::string_view target) override;
  bool prepares_for_loss(event::kind what, std::string_view target) override;
  void settings_changed(const settings& before) override;

  /// What a registration brings.
  struct newcomer {
    std::string user, realname;
    std::string password;         // PASS
    std::string account;          // SASL, before it is somebody
    std::string wanted;           // a nick that it asked for and did not get
    bool waits_for_nick = false;  // `wanted` may be its own, which its registration shows
    bool negotiating = false;     // CAP LS or REQ came, and no CAP END
  };
  /// What it has brought so far; once it is in, what it has brought since.
  const newcomer& brought() const noexcept;
  /// The same, to bring more.
  newcomer& bring();
  unsigned cap_version = 301;  // of capability negotiation
  /// State of one group of commands, made when it is first used and gone with the client.
  struct extension {
    virtual ~extension() = default;
  };
  std::unique_ptr<extension> sasl, multiline, monitor, metadata, read_marks;

 private:
  /// From registering to registered, and from either to over.
  enum class phase : std::uint8_t {
    registering,  // the hub counts it as a stranger
    registered,
    over  // it has left, or leaves: what it asked for is not answered any more
  };
  void go_on_to(phase next) noexcept;
  void expire() noexcept override;
  void dispatch(const message& m);
  void put(std::string_view lines);
  void add(std::string& out, std::string_view lines) const;
  void begin_label(std::string_view label);
  void end_label();
  std::string labelled(std::string_view label, std::string_view lines);
  std::string loss(event::kind what, std::string_view target) const;
  struct slow_work {
    std::function<bool()> may_begin;  // may be none
    std::function<void()> slow, then;
    std::string label;
  };
  void run_later(std::string_view whose, std::function<void()> slow, std::function<void()> then,
                 std::function<bool()> may_begin);
  io::task<void> work(std::string whose, slow_work what);
  std::string begin_work();
  void end_work(std::string label, const std::function<void()>& then);
  io::task<void> finish(io::task<void> work, std::function<void()> then, std::string label);
  void go_on(const std::function<void()>& then);
  /// Does a part of a command, and answers when the store refuses it.
  template <class Part> void attempt(Part part);
  io::time_point end_of_patience() const;
  void arm_for_silence();

  capabilities asked_;
  /// The answer to a command that has a label.
  struct response {
    std::string label;
    captured told;             // so far
    std::string otherwise;     // what holds if what it said is not kept
    bool may_be_lost = false;  // it has said something
  };
  bool has_label() const noexcept { return response_ && !response_->label.empty(); }
  const std::shared_ptr<password_work::asker>& asker();

  std::unique_ptr<newcomer> newcomer_ = std::make_unique<newcomer>();  // most that are in have none
  std::unique_ptr<response> response_;                                 // of the command that is being obeyed
  std::string ping_token_;
  io::event done_;
  std::vector<std::function<void()>> rest_;      // of the command under way, see in_order
  const command* obeyed_ = nullptr;              // the command under way, or the last one
  std::shared_ptr<password_work::asker> asker_;  // made when something is first waited for
  std::uint64_t batches_ = 0;
  std::optional<io::time_point> pinged_;  // since it said something
  phase phase_ = phase::registering;
  bool working_ = false;
  bool has_given_up_ = false;
};

}  // namespace parlance::chat::irc
