// Programs elsewhere: webhooks of rooms, and tokens of the operators' API.
#include <fmt/core.h>

#include <string>
#include <vector>

#include <parlance/chat/accounts/api_tokens.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/hook_command.hpp>

#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_words.hpp>

namespace parlance::cli {

void operator_console::hooks(std::string_view rest) {
  const std::string_view name = chat::take_word(rest);
  if (name.empty()) return refuse("/hook needs more: /hook ROOM [ADD NAME|OUT URL [WORDS]|START ID|DEL ID]");
  chat::room* const in = server_.chat().rooms().find(name);
  if (!in) return refuse(fmt::format("there is no room {}", name));
  std::vector<std::string> words;
  for (const std::string_view word : chat::items_of(rest, ' ')) words.emplace_back(word);
  const chat::hook_answer answer = chat::obey_hook_command(server_.chat(), *in,
                                                           {.by = std::string(chat::operator_name),
                                                            .from = window_.from(),
                                                            .is_operator_of_room = true,
                                                            .is_operator = true},
                                                           words);
  for (const std::string& line : answer.lines) note(line);
  answer_.done = answer.done;
  if (!answer.secret.empty()) return answer_.things.push_back({{"secret", answer.secret}});
  if (!words.empty()) return;
  for (const chat::hook& one : in->hooks)
    answer_.things.push_back({{"hook", one.id},
                              {"outgoing", one.is_outgoing()},
                              {"name", one.name},
                              {"by", one.by},
                              {"made", one.made},
                              {"url", one.url},
                              {"words", one.words},
                              {"failure", one.failure}});
}

void operator_console::tokens(std::string_view rest) {
  constexpr std::string_view usage =
      "/token needs more: /token list, /token add NAME [read], /token drop NAME";
  if (!view_.makes_tokens) return refuse("tokens are made and taken back at the console");
  const std::string_view what = chat::take_word(rest), name = chat::take_word(rest);
  chat::store& kept = server_.chat().kept();
  if (what == "list" && name.empty()) return show_tokens();
  if (name.empty()) return refuse(usage);
  if (what == "drop" && rest.empty()) {
    if (!chat::end_api_token(kept, name)) return refuse(fmt::format("there is no token {}", name));
    if (server_.on_api_token_ended) server_.on_api_token_ended(name);
    return note(fmt::format("the token {} is no more", name));
  }
  if (what != "add" || !(rest.empty() || rest == "read")) return refuse(usage);
  if (!chat::is_name(name, server_.bounds().name))
    return refuse(fmt::format("{} cannot be the name of a token", name));
  const auto made = chat::make_api_token(kept, name, !rest.empty(), server_.chat().clock().seconds());
  if (!made) return refuse(fmt::format("there is a token {}, or as many as there may be", name));
  note(fmt::format("the token {} is {}; it is not shown again", name, *made));
  answer_.things.push_back({{"token", *made}});
}

void operator_console::show_tokens() {
  std::string text;
  const std::vector<chat::api_token> all = chat::api_tokens_of(server_.chat().kept());
  for (const chat::api_token& one : all) {
    text +=
        fmt::format("-- {:<32} made {}{}\n", one.name, date(one.made), one.only_reads ? ", only asks" : "");
    answer_.things.push_back({{"name", one.name}, {"made", one.made}, {"only_reads", one.only_reads}});
  }
  answer_.text += text + fmt::format("-- {} tokens\n", all.size());
}

}  // namespace parlance::cli
