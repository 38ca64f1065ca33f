#include <nlohmann/json.hpp>

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/playback.hpp>

#include <cli/serve/export_lines.hpp>

namespace parlance::cli {
namespace {

std::string_view name_of(chat::event::kind what) {
  using kind = chat::event::kind;
  switch (what) {
    case kind::message:
      return "message";
    case kind::notice:
      return "notice";
    case kind::tags:
      return "tags";
    case kind::join:
      return "join";
    case kind::part:
      return "part";
    case kind::quit:
      return "quit";
    case kind::kick:
      return "kick";
    case kind::nick:
      return "nick";
    case kind::topic:
      return "topic";
    case kind::mode:
      return "mode";
    case kind::rename:
      return "rename";
    case kind::redact:
      return "redact";
    default:
      return "other";
  }
}

std::string text_of(const chat::event& e) {
  if (e.lines.empty()) return std::string(e.text);
  std::string whole;
  for (const chat::text_line& line : e.lines) {
    if (!whole.empty() && !line.continues) whole += '\n';
    whole += line.text;
  }
  return whole;
}

}  // namespace

void append_export_line(std::string& out, const chat::stored_entry& entry, const std::string& conversation) {
  const chat::replayed again(entry, conversation);
  const chat::event& e = again.what();
  std::string time;
  chat::append_time(time, e.time);
  nlohmann::ordered_json line = {{"conversation", conversation},
                                 {"msgid", chat::msgid_of(e.id)},
                                 {"time", time},
                                 {"kind", name_of(e.what)},
                                 {"nick", e.who.nick},
                                 {"source", e.who.prefix},
                                 {"account", e.who.account},
                                 {"text", text_of(e)}};
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) line[name] = value;
  };
  if (e.target != conversation) add("target", e.target);
  add("object", e.object);
  add("realname", e.who.realname);
  add("tags", e.tags);
  add("author", chat::author_number(entry));
  out += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  out += '\n';
}

}  // namespace parlance::cli
