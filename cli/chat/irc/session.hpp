// A client's session with an IRC server: capabilities, log-in and names, and requests whose answers are waited
// for (IRCv3 labeled-response). Bytes in, bytes out; down to servers of RFC 1459, which know none of this.
//
//   irc_session session(owner);
//   session.begin({.nick = "ann"}, true);
//   co_await server.send(session.take_output());
//   session.take(co_await server.recv());
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/irc/line_framing.hpp>

#include <cli/chat/irc/batches.hpp>
#include <cli/chat/irc/line.hpp>
#include <cli/chat/irc/sasl_client.hpp>

namespace parlance::cli {

struct irc_identity {
  std::string nick;
  std::string real_name = {};  ///< empty: the nick
  std::string account = {};    ///< empty: the nick
  std::string password = {};
  std::string server_password = {};  ///< which everybody needs there (PASS)
  bool has_certificate = false;      ///< which TLS shows: EXTERNAL
};

class irc_session {
 public:
  /// Why a server does not let one in, for good.
  enum class refusal : std::uint8_t { server_password, account, name, encryption, other };

  /// Is told what happens; from within `take`, `begin` and `end`.
  class owner {
   public:
    virtual void received(const irc_line& line) = 0;
    /// There is a name, and the server is ready.
    virtual void welcomed() = 0;
    virtual void refused(refusal what, const std::string& why) = 0;
    /// It is to be spoken to by TLS at that port, and nothing more is said here (IRCv3 sts).
    virtual void must_encrypt(std::uint16_t port) = 0;
    /// For so many seconds only TLS is to be spoken with it (IRCv3 sts).
    virtual void stays_encrypted(std::uint64_t seconds) = 0;

   protected:
    ~owner() = default;
  };
  /// The lines of one answer; none when the connection is lost before it.
  using answer = std::function<void(const std::vector<irc_line>&)>;

  explicit irc_session(owner& of) : owner_(of) {}

  /// A connection is there. `secure`: nobody can read along (TLS, or this machine).
  void begin(const irc_identity& who, bool secure, bool by_tls);
  /// It is there no more.
  void end();

  void take(std::string_view bytes);
  /// What is to be sent.
  std::string take_output() { return std::exchange(output_, {}); }
  bool has_output() const noexcept { return !output_.empty(); }
  /// Bytes of it.
  std::size_t output_size() const noexcept { return output_.size(); }

  /// There is a name, and the server is ready.
  bool is_ready() const noexcept { return ready_; }
  const std::string& nick() const noexcept { return nick_; }
  /// The account that one is logged in to, or nothing.
  const std::string& account() const noexcept { return account_; }
  /// Whether it is agreed on.
  bool has(std::string_view capability) const { return enabled_.contains(capability); }
  /// What the server says of a capability.
  std::string_view value_of(std::string_view capability) const;
  /// What RPL_ISUPPORT says, or nothing.
  std::string_view supports(std::string_view token) const;
  bool has_support(std::string_view token) const { return isupport_.contains(token); }

  /// Names that are the same for the server have this in common (CASEMAPPING).
  std::string fold(std::string_view name) const;
  bool is_same(std::string_view a, std::string_view b) const { return fold(a) == fold(b); }
  bool is_me(std::string_view nick) const { return is_same(nick, nick_); }
  bool is_room(std::string_view name) const;
  /// Letters of ranks and their signs, the highest first: "ov" and "@+".
  std::pair<std::string_view, std::string_view> ranks() const;

  void send(const std::vector<std::string>& words, const irc_tags& tags = {});
  /// A line as it is, without its end.
  void send_raw(std::string_view line);
  /// Once one is in. False: the server has no way for it that is safe here.
  bool log_in(const std::string& account, const std::string& password);
  /// A label of its own, for lines that are answered together.
  std::string new_label();
  void expect(std::string label, answer then);
  /// A request for history; the server need not know labels.
  void ask_history(std::vector<std::string> words, answer then);

  /// The name to try for from now on.
  void want_nick(std::string nick) { identity_.nick = std::move(nick); }

 private:
  struct history_request {
    std::string target;
    answer then;
  };

  void line(std::string_view text);
  void obey(const irc_line& line);
  void settle(std::string_view label, const std::vector<irc_line>& lines);
  void take_history(const irc_batch& batch);
  bool register_with(const irc_line& line);
  void capabilities(const irc_line& line);
  void offered(std::string_view words);
  void request(const std::vector<std::string>& names);
  void answered();
  bool heed_sts(std::string_view value);
  void log_in();
  void sasl_ended(const irc_line& line);
  std::string mechanism() const;
  void begin_sasl(std::string mechanism);
  void sasl_failed(const std::string& why);
  void another_nick();
  void refuse(refusal what, const std::string& why);

  owner& owner_;
  irc_identity identity_;
  chat::irc::line_framing framing_{longest_line};
  irc_batches batches_;
  std::string output_;
  std::string nick_, account_;
  bool secure_ = false, by_tls_ = false;
  bool ready_ = false, over_ = true;
  int names_tried_ = 0;
  std::uint64_t label_ = 0;
  std::map<std::string, std::string, std::less<>> offered_, isupport_;
  std::set<std::string, std::less<>> enabled_;
  int requests_ = 0;  // that are not answered
  bool negotiated_ = false;
  std::unique_ptr<sasl_client> sasl_;
  bool plain_may_follow_ = false;
  std::map<std::string, answer, std::less<>> waiting_;
  std::deque<history_request> histories_;  // without labels
};

}  // namespace parlance::cli
