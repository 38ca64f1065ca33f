// What one begins with in a network: how it is reached, who one is there, and its rooms.
#pragma once

#include <string>
#include <vector>

#include <cli/chat/irc/session.hpp>
#include <cli/chat/model/connection.hpp>

namespace parlance::cli {

struct network_options {
  std::string address;  ///< as it was typed
  connection_options connection;
  irc_identity who;
  std::vector<std::string> rooms;  ///< each with its key behind a space

  /// What it is called until the server says its name.
  std::string name() const {
    const net::address& at = connection.to.at;
    return at.is_unix() ? at.path : at.host.empty() ? "localhost" : at.host;
  }
};

}  // namespace parlance::cli
