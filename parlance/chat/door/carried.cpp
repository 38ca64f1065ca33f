#include <nlohmann/json.hpp>
#include <stdexcept>

#include <parlance/chat/door/carried.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

/// Raised when an older version could not read it any more.
constexpr int version = 1;

json document_of(const carried_person& one) {
  json rooms = json::array(), accepts = json::array();
  for (const auto& [name, ranks, since] : one.as.rooms)
    rooms.push_back({{"name", name}, {"ranks", ranks}, {"since", since}});
  for (const auto& [serial, nick] : one.accepts) accepts.push_back({{"serial", serial}, {"nick", nick}});
  return {{"nick", one.as.nick},        {"account", one.as.account},
          {"user", one.as.user},        {"host", one.as.host},
          {"address", one.as.address},  {"realname", one.as.realname},
          {"away", one.as.away},        {"modes", one.as.modes.letters()},
          {"rooms", std::move(rooms)},  {"unshown_since", one.as.unshown_since},
          {"speaks_in", one.speaks_in}, {"oper", one.oper},
          {"metadata", one.metadata},   {"accepts", std::move(accepts)},
          {"serial", one.serial},       {"signed_on", one.signed_on},
          {"is_secure", one.is_secure}, {"is_console", one.is_console}};
}

carried_person read_person(const json& from) {
  carried_person one;
  one.as = {.nick = from.at("nick"),
            .account = from.at("account"),
            .user = from.at("user"),
            .host = from.at("host"),
            .address = from.at("address"),
            .realname = from.at("realname"),
            .away = from.at("away"),
            .modes = {},
            .alone_since = 0,
            .unshown_since = from.at("unshown_since"),
            .rooms = {}};
  for (const char letter : from.at("modes").get<std::string>()) one.as.modes.set(letter);
  for (const json& r : from.at("rooms")) one.as.rooms.push_back({r.at("name"), r.at("ranks"), r.at("since")});
  one.speaks_in = from.at("speaks_in");
  one.oper = from.at("oper");
  one.metadata = from.at("metadata").get<decltype(one.metadata)>();
  for (const json& a : from.at("accepts")) one.accepts.push_back({a.at("serial"), a.at("nick")});
  one.serial = from.at("serial");
  one.signed_on = from.at("signed_on");
  one.is_secure = from.at("is_secure");
  one.is_console = from.at("is_console");
  return one;
}

json document_of(const carried_caller& one) {
  return {{"descriptor", one.descriptor},
          {"unread", one.unread},
          {"nick", one.nick},
          {"handler", one.handler},
          {"is_irc", one.is_irc},
          {"is_known", one.is_known},
          {"address", one.from.address},
          {"from", one.from.from},
          {"is_secure", one.from.is_secure},
          {"certificate", one.from.certificate},
          {"here", one.from.here},
          {"connected", one.connected.count()},
          {"silent", one.silent.count()}};
}

carried_caller read_caller(const json& from) {
  return {.descriptor = from.at("descriptor"),
          .unread = from.at("unread"),
          .nick = from.at("nick"),
          .handler = from.at("handler"),
          .is_irc = from.at("is_irc"),
          .is_known = from.at("is_known"),
          .from = {.address = from.at("address"),
                   .from = from.at("from"),
                   .is_secure = from.at("is_secure"),
                   .certificate = from.at("certificate"),
                   .here = from.at("here")},
          .connected = std::chrono::seconds(from.at("connected").get<std::int64_t>()),
          .silent = std::chrono::seconds(from.at("silent").get<std::int64_t>())};
}

}  // namespace

std::string text_of(const carried& all) {
  json listeners = json::array(), newcomers = json::array(), people = json::array(), callers = json::array();
  for (const auto& [descriptors, owns_file] : all.listeners)
    listeners.push_back({{"descriptors", descriptors}, {"owns_file", owns_file}});
  for (const auto& [descriptor, unread] : all.newcomers)
    newcomers.push_back({{"descriptor", descriptor}, {"unread", unread}});
  for (const carried_person& one : all.people) people.push_back(document_of(one));
  for (const carried_caller& one : all.callers) callers.push_back(document_of(one));
  std::string text;
  // As CBOR takes bytes that are no text for what they are.
  json::to_cbor(json{{"version", version},
                     {"listeners", std::move(listeners)},
                     {"newcomers", std::move(newcomers)},
                     {"people", std::move(people)},
                     {"callers", std::move(callers)}},
                text);
  return text;
}

carried read_carried(std::string_view text) try {
  const json kept = json::from_cbor(text);
  if (kept.at("version") != version) throw std::invalid_argument("it was written by another version");
  carried all;
  for (const json& one : kept.at("listeners"))
    all.listeners.push_back({one.at("descriptors"), one.at("owns_file")});
  for (const json& one : kept.at("newcomers"))
    all.newcomers.push_back({one.at("descriptor"), one.at("unread")});
  for (const json& one : kept.at("people")) all.people.push_back(read_person(one));
  for (const json& one : kept.at("callers")) all.callers.push_back(read_caller(one));
  return all;
} catch (const json::exception& e) {
  throw std::invalid_argument(e.what());
}

}  // namespace parlance::chat
