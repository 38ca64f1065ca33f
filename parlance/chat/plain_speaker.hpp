// A caller who speaks no protocol: a person with nc, or a small program.
#pragma once

#include <optional>
#include <string_view>

#include <parlance/chat/plain_framing.hpp>
#include <parlance/chat/speaker.hpp>

namespace parlance::chat {

class plain_client final : public client {
 public:
  using client::client;
  void dismissed(std::string_view why) override;
  void not_kept(event::kind what, std::string_view target) override;

  /// Whether it hears its own messages, and whether it hears nothing but messages.
  void hear(bool itself, bool only_talk);
};

class plain_speaker final : public speaker {
 public:
  plain_speaker(hub& chat, connection& by, caller from);

  void feed(std::string_view bytes) override {
    framing_.feed(bytes);
    waited_longer_ = false;
  }
  bool next() override;
  io::duration patience() override;
  void pause() override;
  void end(std::string_view why) override;
  client* window() override { return &client_; }
  std::string parting(std::string_view why) override;

  /// It has said nothing: it comes in and is greeted.
  void greet() { enter({}); }

 private:
  void take(const plain_framing::message& said);
  void enter(std::string_view wanted);
  void leave(std::string_view last_words);

  plain_client client_;
  plain_framing framing_;
  bool waited_longer_ = false;  // for the rest of a character
};

}  // namespace parlance::chat
