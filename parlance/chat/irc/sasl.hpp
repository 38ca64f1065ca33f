// The server's side of AUTHENTICATE (IRCv3 sasl): PLAIN (RFC 4616), EXTERNAL (RFC 4422, appendix A), SCRAM-SHA-256
// (RFC 7677), and OAUTHBEARER (RFC 7628) for the tokens of devices. It knows no accounts: it says what must be found out, and is told.
//
//   irc::sasl_exchange sasl;                                  // one for each connection
//   auto step = sasl.receive(param);                          // the parameter of each AUTHENTICATE
//   switch (step.what) {
//     case kind::send:             for (auto& chunk : step.chunks) send("AUTHENTICATE " + chunk); break;
//     case kind::check_password:   // of account step.name; slow, so elsewhere. Then:
//                                  step = sasl.answer_password(step.ticket, right); ...
//
// Answers may come much later. The client may have aborted by then, or even begun anew, so each question has
// a ticket; an answer to a question that is settled comes to nothing. What lasts too long is the caller's to
// end, with `abort`; so is how often somebody may fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/irc/scram.hpp>

namespace parlance::chat::irc {

/// Bytes of base64 in one AUTHENTICATE. If there are just as many, more follow.
inline constexpr std::size_t sasl_chunk = 400;

struct sasl_step {
  enum class kind : std::uint8_t {
    nothing,           ///< more is to come from the client, or the question is settled
    send,              ///< each of `chunks` in an AUTHENTICATE
    check_password,    ///< is `password` that of the account `name`? Then answer_password
    check_token,       ///< is `password` a token of the account `name`? Then answer_token
    find_scram,        ///< the SCRAM credentials of the account `name`? Then answer_scram
    find_certificate,  ///< whose is the client's certificate? Then answer_certificate
    success,           ///< it is `name`: RPL_LOGGEDIN, RPL_SASLSUCCESS
    failed,            ///< ERR_SASLFAIL
    aborted,           ///< by the client: ERR_SASLABORTED
    too_long,          ///< ERR_SASLTOOLONG
    unknown_mechanism  ///< RPL_SASLMECHS, then ERR_SASLFAIL
  };
  kind what = kind::nothing;
  std::uint64_t ticket = 0;  ///< of a question
  /// An account, as the client spells it. Empty in find_certificate if the client leaves it to us.
  std::string name = {};
  std::string password = {};
  std::vector<std::string> chunks = {};
};

struct sasl_options {
  bool plain = true;
  bool external = false;  ///< if the client has shown a certificate
  bool scram = true;
  bool bearer = true;
  /// Bytes of base64 that the client may send for one message.
  std::size_t longest = 8192;
  /// Our part of SCRAM's nonce; random if empty. Only tests have a reason to set it.
  std::string nonce = {};
};

class sasl_exchange {
 public:
  explicit sasl_exchange(sasl_options options = {}) : options_(std::move(options)) {}
  ~sasl_exchange();
  sasl_exchange(sasl_exchange&&) = default;
  sasl_exchange& operator=(sasl_exchange&&) = default;

  /// What CAP LS says, as in "sasl=PLAIN,SCRAM-SHA-256".
  std::string mechanisms() const;

  /// The parameter of an AUTHENTICATE. While an answer is due, anything but "*" is a failure.
  sasl_step receive(std::string_view parameter);

  sasl_step answer_password(std::uint64_t ticket, bool right);
  sasl_step answer_token(std::uint64_t ticket, bool right);
  /// Nothing if there is no such account, or it has none: then `mock_secret` makes some up. Keep it as long
  /// as the accounts, or the made-up ones would change.
  sasl_step answer_scram(std::uint64_t ticket, const std::optional<scram_credentials>& credentials,
                         std::string_view mock_secret);
  /// The account that the certificate belongs to, if any.
  sasl_step answer_certificate(std::uint64_t ticket, const std::optional<std::string>& account);

  /// Whether something has begun that is not over.
  bool in_progress() const noexcept { return state_ != state::idle; }
  /// Whether what comes next ends with the client's proof (SCRAM).
  bool expects_proof() const noexcept { return state_ == state::scram_final; }
  /// Forgets what has begun.
  void abort() noexcept;

 private:
  enum class state : std::uint8_t {
    idle,
    plain,
    external,
    bearer,
    bearer_refused,
    scram_first,
    scram_final,
    scram_done,
    checking_password,
    checking_token,
    finding_scram,
    finding_certificate
  };

  sasl_step begin(std::string_view mechanism);
  sasl_step take(std::string_view message);
  sasl_step take_plain(std::string_view message);
  sasl_step take_bearer(std::string_view message);
  sasl_step take_scram_first(std::string_view message);
  sasl_step take_scram_final(std::string_view message);
  sasl_step ask(state next, sasl_step question);
  bool answers(state expected, std::uint64_t ticket) const noexcept;
  sasl_step end(sasl_step::kind how);
  void wipe() noexcept;

  sasl_options options_;
  state state_ = state::idle;
  std::uint64_t ticket_ = 0;
  std::string buffer_;  // base64 of a message that is not whole
  std::string name_;
  std::optional<scram_server> scram_;
  bool known_ = false;
};

/// A message as the parameters of one AUTHENTICATE after the other.
std::vector<std::string> sasl_chunks(std::string_view message);

}  // namespace parlance::chat::irc
