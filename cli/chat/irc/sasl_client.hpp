// The client's side of AUTHENTICATE (IRCv3 sasl): PLAIN (RFC 4616), EXTERNAL (RFC 4422, appendix A) and
// SCRAM-SHA-256 (RFC 7677).
//
//   sasl_client sasl("SCRAM-SHA-256", "ann", password);      // after AUTHENTICATE SCRAM-SHA-256 was sent
//   for (const std::string& chunk : sasl.answer(param)) send({"AUTHENTICATE", chunk});
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/irc/scram.hpp>

namespace parlance::cli {

class sasl_client {
 public:
  /// `mechanism`: one of these three.
  sasl_client(std::string mechanism, std::string account, std::string password);
  ~sasl_client();
  sasl_client(const sasl_client&) = delete;
  sasl_client& operator=(const sasl_client&) = delete;

  /// The parameters of the AUTHENTICATE lines that answer the parameter of one; "*" gives up. None: more is
  /// to come.
  std::vector<std::string> answer(std::string_view parameter);
  /// Whether the server has shown that it knows the password, where the mechanism asks that of it.
  bool server_is_proven() const noexcept { return proven_ || !scram_; }

 private:
  std::optional<std::string> reply(std::string_view message);

  std::string mechanism_, account_, password_;
  std::optional<chat::irc::scram_client> scram_;
  std::string buffer_;  // base64 of a message that is not whole
  int step_ = 0;
  bool proven_ = false;
};

}  // namespace parlance::cli
