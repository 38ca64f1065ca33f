// Sends mail by the program that the configuration names (settings::email_group), beside the chat: what it takes, and whether it
// works at all, holds up nobody. What fails is told, and lost: who waits for it asks again.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

/// A message as sendmail(1) reads it, for one receiver (RFC 5322). What it says may have any letters; the subject has ASCII alone.
std::string mail_text(std::string_view from, std::string_view to, std::string_view subject,
                      std::string_view text);

class mailer {
 public:
  /// Programs that run at the same time, and mails that may wait for one.
  static constexpr std::size_t most_at_once = 4, most_waiting = 100;
  static constexpr io::duration longest = std::chrono::minutes(1);

  /// Of a hub that outlives it, whose on_mail it sets. `warn` is told of what has failed.
  mailer(hub& of, std::function<void(std::string_view why)> warn);
  ~mailer();
  mailer(const mailer&) = delete;
  mailer& operator=(const mailer&) = delete;

 private:
  void send(std::string mail);
  io::task<void> run(std::string mail);

  hub& hub_;
  std::function<void(std::string_view)> warn_;
  io::semaphore places_{most_at_once};
  io::scope sending_;
};

}  // namespace parlance::chat
