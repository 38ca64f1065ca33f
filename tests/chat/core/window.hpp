// A client without a network, and what it was shown: for tests of the hub.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {

class window final : private connection, public client {
 public:
  explicit window(hub& of, form shape = plain_form, std::string address = "192.0.2.1")
      : client(of, *this, {.address = address, .from = address + ":5"}) {
    reshape(shape);
  }

  /// Comes in under a nick (the next guest's when it is empty), and into the lobby.
  outcome enter(std::string_view nick = {}) {
    const outcome how = chat().claim(*this, nick.empty() ? chat().next_guest() : std::string(nick));
    if (how != outcome::done) return how;
    chat().enter(*this);
    return chat().join(*who(), lobby, {}, this);
  }

  void dismissed(std::string_view why) override { put_out = why; }
  void not_kept(event::kind, std::string_view target) override { refused += target; }

  /// Ends the turn, and gives the lines that came since the last time.
  std::vector<std::string> take() {
    chat().end_turn();
    std::vector<std::string> lines;
    for (std::size_t end; (end = heard.find('\n')) != std::string::npos; heard.erase(0, end + 1))
      lines.push_back(heard.substr(0, end));
    return lines;
  }

  using client::reshape;
  std::string heard;
  std::string put_out;
  std::string refused;
  std::vector<const run*> runs;  // of the pieces that came
  bool ended = false;

 private:
  void deliver(outgoing batch) override {
    for (const piece& p : batch.pieces()) {
      heard += p.view();
      runs.push_back(p.of.get());
    }
  }
  void end() override { ended = true; }
};

/// A loop whose clock stands still, a store in memory, and a hub on them.
class hub_fixture {
 public:
  explicit hub_fixture(settings chosen = {}) : configured(std::move(chosen)) {}

  io::loop loop{{.backend = "sim"}};
  settings configured;
  store kept{store_options{}};
  hub chat{configured, kept, every_dialect};
};

}  // namespace parlance::chat
