// What the command line says of networks that are spoken to by IRC.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <parlance/net/tls.hpp>

#include <cli/chat/model/memory.hpp>
#include <cli/chat/model/network_options.hpp>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace parlance::cli {

struct irc_options {
  std::vector<std::string> rooms;
  std::string real_name;
  std::string account, password_command, password_file;
  std::string server_password_command, server_password_file;
  net::tls_client_options tls;
  std::optional<bool> speaks_tls;
  std::string proxy;
  bool no_config = false;
  std::vector<CLI::Option*> options;  ///< those that it has added

  void add_to(CLI::App& verb);
  /// Where it is kept which rooms one is in; empty: nowhere.
  std::string memory_file() const;
  /// With the sign of a room in front, where it was left out.
  static std::vector<std::string> room_names(std::vector<std::string> typed);
  /// Where what is said is logged, if one wants that; empty: nowhere.
  static std::string log_folder();
  /// The networks at these addresses, called so, with what is known of them; runs the commands and asks for what is to be asked. Throws
  /// complaint, or io::error for what is no address.
  std::vector<network_options> networks(const std::vector<std::string>& addresses, const std::string& name,
                                        const chat_memory& memory) const;
};

}  // namespace parlance::cli
