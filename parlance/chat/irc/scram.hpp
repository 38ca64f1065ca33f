// Both sides of SCRAM-SHA-256 (RFC 5802 and 7677), without channel binding; sasl.hpp uses the server's.
//
//   client-first-message -> server-first-message -> client-final-message -> server-final-message
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/password.hpp>

namespace parlance::chat::irc {

class scram_server {
 public:
  /// `nonce`: our part of the nonce; printable ASCII without commas, and never the same twice.
  explicit scram_server(std::string nonce) : nonce_(std::move(nonce)) {}

  /// Takes the client-first-message. False if it is none, asks for channel binding, or for the identity of
  /// somebody else.
  bool begin(std::string_view client_first);
  /// Who it says it is.
  const std::string& name() const noexcept { return name_; }

  /// The server-first-message for that account.
  std::string challenge(const scram_credentials& credentials);
  /// Takes the client-final-message: the server-final-message, or nothing if the proof is wrong.
  std::optional<std::string> finish(std::string_view client_final);

 private:
  bool proves(std::string_view proof, std::string_view auth_message) const;

  std::string nonce_;  // the client's part first, once it is known
  std::string name_;
  std::string gs2_header_;
  std::string client_first_bare_;
  std::string server_first_;
  scram_credentials credentials_;
};

class scram_client {
 public:
  /// Throws std::runtime_error where the password has characters that none can have.
  scram_client(std::string name, std::string password, std::string nonce = random_token());
  ~scram_client();
  scram_client(const scram_client&) = delete;
  scram_client& operator=(const scram_client&) = delete;

  std::string first() const;
  /// Takes the server-first-message: the client-final-message, or nothing if it is none, or asks for more work
  /// than `max_scram_iterations` or for so little that who listens could guess the password.
  std::optional<std::string> answer(std::string_view server_first);
  /// Takes the server-final-message. Whether the server knew the password, too.
  bool finish(std::string_view server_final) const;

 private:
  std::string name_, password_, nonce_;
  std::string signature_;  // the server's, in base64, once it is known
};

}  // namespace parlance::chat::irc
