#include <fmt/core.h>

#include <exception>
#include <utility>

#include <parlance/chat/door/mailer.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/process.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {

std::string mail_text(std::string_view from, std::string_view to, std::string_view subject,
                      std::string_view text) {
  // Nobody answers it by a program (RFC 3834).
  return fmt::format(
      "From: {}\nTo: {}\nSubject: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
      from, to, subject, text);
}

mailer::mailer(hub& of, std::function<void(std::string_view why)> warn) : hub_(of), warn_(std::move(warn)) {
  hub_.on_mail = [this](const std::string& to, std::string_view subject, std::string_view text) {
    send(mail_text(hub_.configured().accounts.email.from, to, subject, text));
  };
}

mailer::~mailer() { hub_.on_mail = {}; }

void mailer::send(std::string mail) {
  if (sending_.size() >= most_at_once + most_waiting) return warn_("too many mails wait to be sent");
  sending_.spawn(run(std::move(mail)));
}

io::task<void> mailer::run(std::string mail) {
  std::string why;
  try {
    const io::semaphore::guard place = co_await places_.acquire();
    const io::run_result done = co_await io::timeout(
        longest, io::run(hub_.configured().accounts.email.command,
                         {.input = std::move(mail), .limit = std::size_t{64} << 10U, .own_group = true}));
    if (!done.status.success())
      why = fmt::format("the program that sends it: {} {}", done.status.to_string(), done.err);
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    why = e.what();
  }
  constexpr std::size_t most = 300;
  if (!why.empty()) warn_(std::string_view(why).substr(0, most));
}

}  // namespace parlance::chat
