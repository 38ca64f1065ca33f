// What was said, as the operator finds and pins it.
#include <fmt/core.h>

#include <optional>
#include <string>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/core/searching.hpp>
#include <parlance/chat/plain/search.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/serve/operator_console.hpp>

namespace parlance::cli {

void operator_console::pins(std::string_view rest) {
  const std::string_view name = chat::take_word(rest);
  if (name.empty()) return refuse("/pin needs more: /pin ROOM [ADD WORDS|DEL NUMBER]");
  chat::hub& chat = server_.chat();
  chat::room* const in = chat.rooms().find(name);
  if (!in) return refuse(fmt::format("there is no room {}", name));
  const chat::pin_answer answer = chat::obey_pin_command(chat, *window_.who(), *in, rest);
  for (const std::string& line : answer.lines) note(text::sanitize(line));
  answer_.done = answer.done;
  if (!rest.empty()) return;
  for (const chat::pinned_message& one : chat::pins_of(chat, *window_.who(), *in))
    answer_.things.push_back({{"pin", static_cast<std::int64_t>(one.number)},
                              {"msgid", chat::msgid_of(one.its.id)},
                              {"by", one.its.by},
                              {"set_at", one.its.set_at},
                              {"from", one.said.source.substr(0, one.said.source.find('!'))},
                              {"text", one.said.text}});
}

io::task<void> operator_console::search(std::string words) {
  chat::hub& chat = server_.chat();
  if (words.empty())
    co_return refuse("/search needs more: /search WORDS [from:NAME] [in:#ROOM] [after:DAY] [before:DAY]");
  if (!chat::can_search(chat, chat.configured())) co_return refuse("nothing is searched here");
  std::string why;
  std::optional<chat::search_question> what = chat::plain_search(chat, words, why);
  if (!what) co_return refuse(why);
  if (what->in == "*") what->in.clear();
  const chat::search_answer found =
      co_await chat::search_messages(chat, *std::move(what), [this] { return window_.who(); });
  const std::string lines = chat::plain_found(chat, found);
  if (lines.empty()) answer_.text += chat::plain_not_found(found);
  answer_.text += lines;
  answer_.done = found.how == chat::search_answer::outcome::done;
  for (const chat::found_message& m : found.all)
    answer_.things.push_back({{"in", m.in.name},
                              {"msgid", chat::msgid_of(m.said.id)},
                              {"time", static_cast<std::int64_t>(m.said.time / 1'000'000)},
                              {"from", m.said.source.substr(0, m.said.source.find('!'))},
                              {"text", m.said.text}});
}

}  // namespace parlance::cli
