#include <map>
#include <nlohmann/json.hpp>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/core/room_records.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

json made_of(const std::vector<list_entry>& masks) {
  json all = json::array();
  for (const list_entry& e : masks) all.push_back({{"mask", e.mask}, {"by", e.set_by}, {"at", e.set_at}});
  return all;
}

std::vector<list_entry> masks_of(const json& all) {
  std::vector<list_entry> masks;
  for (const json& e : all)
    masks.push_back(
        {e.at("mask").get<std::string>(), e.at("by").get<std::string>(), e.at("at").get<std::int64_t>()});
  return masks;
}

struct value_writer {
  const room& of;
  json& into;
  void operator()(std::monostate) const {}
  void operator()(room_mode::masks masks) const { into = made_of(of.*masks); }
  void operator()(auto value) const { into = of.*value; }
};

struct value_reader {
  room& into;
  const json& value;
  void operator()(std::monostate) const {}
  void operator()(room_mode::masks masks) const { into.*masks = masks_of(value); }
  void operator()(room_mode::text text) const { into.*text = value.get<std::string>(); }
  void operator()(room_mode::number number) const { into.*number = value.get<std::size_t>(); }
};

unsigned char ranks_of(std::string_view letters) {
  unsigned char ranks = no_rank;
  for (const char c : letters) ranks |= rank_of(c);
  return ranks;
}

/// More than a record of ours can say.
constexpr std::size_t most_guests = 1'000'000;

std::unique_ptr<room> made_of(const json& record) {
  auto r = std::make_unique<room>(record.at("name").get<std::string>());
  r->founder_account = record.at("founder").get<std::string>();
  r->created = record.at("created").get<std::int64_t>();
  for (const char c : record.at("modes").get<std::string>())
    if (const room_mode* mode = find_room_mode(c); mode && mode->kind == mode_kind::flag) r->modes.set(c);
  for (const room_mode& mode : room_modes())
    if (record.contains(mode.kept_as)) std::visit(value_reader{*r, record.at(mode.kept_as)}, mode.value);
  r->topic.text = record.at("topic").at("text").get<std::string>();
  r->topic.set_by = record.at("topic").at("by").get<std::string>();
  r->topic.set_at = record.at("topic").at("at").get<std::int64_t>();
  for (const auto& [account, letters] : record.at("ranks").items())
    r->ranked_accounts.emplace_back(account, ranks_of(letters.get<std::string>()));
  for (const auto& [account, letters] : record.value("people", json::object()).items())
    r->expected.push_back({account, ranks_of(letters.get<std::string>()), 0});
  for (const auto& [account, since] : record.value("since", json::object()).items())
    for (room::absentee& a : r->expected)
      if (a.account == account) a.since = since.get<std::int64_t>();
  for (const auto& [letters, count] : record.value("guests", json::object()).items())
    r->expected.insert(r->expected.end(), std::min(count.get<std::size_t>(), most_guests),
                       {"", ranks_of(letters), 0});
  r->maker = network::parse(record.value("maker", std::string()));
  r->is_awaited = !r->expected.empty();
  return r;
}

}  // namespace

std::string to_record(const room& r, const person* but) {
  json ranks = json::object();
  for (const auto& [account, given] : r.ranked_accounts) ranks[account] = letters_of(given);
  // Those of a registered room are its founder's to let in, and may be many.
  json people = json::object(), since = json::object();
  std::map<std::string, std::size_t> guests;  // by their ranks
  if (r.keeps_people()) {
    std::map<std::string, unsigned char>
        all;  // of all who are somebody of an account, and may be called differently
    for (const room::absentee& a : r.expected) {
      if (a.account.empty()) {
        ++guests[letters_of(a.ranks)];
        continue;
      }
      if (but && same_name(a.account, but->account)) continue;
      all[a.account] |= a.ranks;
      since[a.account] = a.since;
    }
    for (const room::seat& s : r.seats()) {
      if (s.who == but) continue;
      if (s.who->account.empty()) {
        ++guests[letters_of(s.ranks)];
        continue;
      }
      all[s.who->account] |= s.ranks;
      since.erase(s.who->account);
    }
    for (const auto& [account, ranks_of_all] : all) people[account] = letters_of(ranks_of_all);
  }
  json record = {
      {"name", r.name()},
      {"founder", r.founder_account},
      {"created", r.created},
      {"modes", r.modes.letters()},
      {"topic", {{"text", r.topic.text}, {"by", r.topic.set_by}, {"at", r.topic.set_at}}},
      {"ranks", ranks},
      {"people", people},
      {"since", since},
      {"guests", guests},
      {"maker", r.maker ? r.maker->text() : std::string()},
  };
  for (const room_mode& mode : room_modes())
    if (!mode.kept_as.empty()) std::visit(value_writer{r, record[mode.kept_as]}, mode.value);
  return record.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::unique_ptr<room> from_record(std::string_view text) {
  try {
    return made_of(json::parse(text));
  } catch (const json::exception&) {
    return nullptr;
  }
}

}  // namespace parlance::chat
