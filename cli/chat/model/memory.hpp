// What is kept of networks from one run to the next: a TOML file that people may edit, too.
//
//   nick = "ann"
//
//   [networks."irc.libera.chat"]
//   account = "ann"
//   password-command = "pass show libera"
//   rooms = ["#parlance"]
//   start = true
#pragma once

#include <cstdint>
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
  std::vector<std::string> rooms(const std::string& address) const;
  /// Until when it is to be spoken to by TLS alone, and at which port (IRCv3 sts).
  std::optional<std::uint16_t> tls_port(const std::string& address, wall_time now) const;

  // Each writes the file where that changes anything. Throws io::error.
  void set_nick(const std::string& address, const std::string& nick);
  void set_rooms(const std::string& address, const std::vector<std::string>& rooms);
  void set_start(const std::string& address, bool starts);
  void set_tls_port(const std::string& address, std::uint16_t port, wall_time until);

 private:
  struct contents;
  void save() const;

  std::string path_;
  std::unique_ptr<contents> all_;
};

}  // namespace parlance::cli
