// A whole server in a simulation, with everybody who calls it, its disk and whoever runs it, as a script has it: they
// come, speak every command, cut lines, reset, stop reading; time passes, the disk fails, the server ends and begins
// again on what is left of the disk.
//
//   if (const std::string wrong = try_whole_server(bytes); !wrong.empty()) ...
//
// Whatever happens, what is told is true: see witness; what the hub knows fits together (inspection); nothing is thrown
// out of a conversation; everybody who is put out ends; and what anybody was told of #lobby is in the history that the
// next server finds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <parlance/chat/door/server.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat::test {

/// What the program has beside a server, below /api/ (server::on_api), and outlives it.
class beside_server {
 public:
  virtual ~beside_server() = default;
  /// Of each line of the server's log.
  virtual void told(std::string_view line) = 0;
  /// Until it is cancelled.
  virtual io::task<void> keep() = 0;
};
/// `end` ends the server.
using maker_beside = std::function<std::unique_ptr<beside_server>(server& of, std::function<void()> end)>;

/// With PARLANCE_TELL set, what is said goes to stdout. What went wrong, in words; nothing: all is well.
std::string try_whole_server(std::span<const std::uint8_t> bytes, const maker_beside& beside = {});

}  // namespace parlance::chat::test
