// The chat for scripts, over IRC: says in rooms what comes from stdin, or prints what is said in them.
//
//   echo deploy done | parlance chat HOST --join '#ops' --name ci
//   parlance chat HOST --tail '#ops' --json | jq .text
//
// A lost connection is made again, and what was missed is fetched, as on the full screen: nothing is lost or
// there twice, where the server keeps a history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

#include <cli/chat/model/connection.hpp>
#include <cli/chat/model/network.hpp>
#include <cli/chat/model/network_options.hpp>
#include <cli/chat/model/taken.hpp>

namespace parlance::cli {

class chat_script final : private chat_network::observer {
 public:
  enum class job : std::uint8_t { say, print, print_json };
  struct options {
    job what = job::say;
    /// How many of what was said before are printed, of each room.
    std::size_t last = 0;
    /// After the end of stdin: how long what was said may take until it is kept.
    io::duration patience{};
  };

  /// `in.rooms`: in these.
  chat_script(network_options in, options how);

  /// Until all is said and kept, or for ever. Gives the exit code. Throws complaint where a room or the network
  /// does not let one in, io::error where there is no connection at first, stdout_closed.
  io::task<int> run();

 private:
  struct place {
    std::string room;
    taken to = {};
    bool has_begun = false;
  };

  void changed() override { changed_.set(); }
  void has_output() override { connection_.wake(); }
  void called(chat_network&, conversation&, const chat_entry&) override {}
  void opened(chat_network&, conversation&) override {}
  void dropped(chat_network& in, conversation& which) override;
  void kept_out(chat_network& in, const std::string& room, const std::string& why) override;
  void disconnect(chat_network&, std::optional<std::uint16_t> tls_port) override {
    connection_.disconnect(tls_port);
  }
  void encrypted(chat_network&, std::uint64_t) override {}

  io::task<void> come_in();
  io::task<void> say();
  io::task<void> say_all(std::string_view text);
  io::task<void> until_unsaid(std::size_t most);
  void tell_refused();
  io::task<void> print();
  std::string new_lines(place& in);
  void check() const;

  options how_;
  std::vector<place> places_;
  chat_network network_;
  chat_connection connection_;
  io::event changed_, ended_;
  std::string put_out_;  // why one is not in a room; empty: one is in all
  bool was_refused_ = false;
};

}  // namespace parlance::cli
