// What is kept of networks from one run to the next: a TOML file that people may edit, too.
//
//   nick = "ann"
//
//   [networks."irc.libera.chat"]
//   account = "ann"
//   password-command = "pass show libera"
//   rooms = ["#parlance"]
//   ignore = ["bob!*@*"]
//   start = true
//   log = true
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cli/chat/model/conversation.hpp>

namespace parlance::cli {

class chat_memory {
 public:
  /// Empty: nothing is known, and nothing is kept. Throws io::error, or std::runtime_error that says what is
  /// wrong in which line.
  explicit chat_memory(std::string path);
  ~chat_memory();
  chat_memory(const chat_memory&) = delete;
  chat_memory& operator=(const chat_memory&) = delete;

  /// Those that one is in when no address is given.
  std::vector<std::string> to_start() const;

  // Of the network at an address as it was typed: empty where nothing is known.
  std::string nick(const std::string& address) const;
  std::string text(const std::string& address, const std::string& key) const;
  std::vector<std::string> rooms(const std::string& address) const { return texts(address, "rooms"); }
  /// Masks of those whom one ignores.
  std::vector<std::string> ignored(const std::string& address) const { return texts(address, "ignore"); }
  /// Whether what is said there is logged.
  bool logs(const std::string& address) const;
  /// Until when it is to be spoken to by TLS alone, and at which port (IRCv3 sts).
  std::optional<std::uint16_t> tls_port(const std::string& address, wall_time now) const;

  // Each writes the file where that changes anything; what others have written there meanwhile stays. Throws
  // io::error, or std::runtime_error as above.
  void set_nick(const std::string& address, const std::string& nick);
  void set_rooms(const std::string& address, const std::vector<std::string>& rooms);
  void set_ignored(const std::string& address, const std::vector<std::string>& masks);
  void set_start(const std::string& address, bool starts);
  void set_logs(const std::string& address, bool logs);
  void set_tls_port(const std::string& address, std::uint16_t port, wall_time until);

 private:
  struct contents;
  std::vector<std::string> texts(const std::string& address, const std::string& key) const;
  void set_texts(const std::string& address, const std::string& key, const std::vector<std::string>& all);
  void read();
  void change(const std::function<void(contents&)>& how);

  std::string path_;
  std::unique_ptr<contents> all_;
};

}  // namespace parlance::cli
