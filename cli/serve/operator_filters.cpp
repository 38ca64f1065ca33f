// What is not to be said, as the operator has it.
#include <string>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/filter_command.hpp>

#include <cli/serve/operator_console.hpp>

namespace parlance::cli {

void operator_console::filter(std::string_view rest) {
  chat::hub& chat = server_.chat();
  const chat::filter_answer answer = chat::obey_filter_command(
      chat, rest, view_.as.empty() ? std::string_view(chat::operator_name) : std::string_view(view_.as));
  for (const std::string& line : answer.lines) note(line);
  answer_.done = answer.done;
  if (!rest.empty() && !chat::same_name(rest, "LIST")) return;
  for (const chat::filters::entry& e : chat.filters().all())
    answer_.things.push_back({{"filter", static_cast<std::int64_t>(e.what.number)},
                              {"pattern", e.what.pattern},
                              {"does", std::string(chat::filters::name_of(e.what.does))},
                              {"where", e.what.looks_at},
                              {"length", e.what.length},
                              {"reason", e.what.reason},
                              {"set_by", e.what.set_by},
                              {"set_at", e.what.set_at},
                              {"found", static_cast<std::int64_t>(e.found)}});
}

}  // namespace parlance::cli
