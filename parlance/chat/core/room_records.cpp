#include <nlohmann/json.hpp>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/author_record.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/core/room_records.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

/// Older versions kept seconds only.
entry_id place_of(std::int64_t seconds) {
  return seconds > 0 ? static_cast<entry_id>(seconds) * 1'000'000 : 0;
}

json made_of(const std::vector<list_entry>& masks) {
  json all = json::array();
  for (const list_entry& e : masks) {
    all.push_back({{"mask", e.mask}, {"by", e.set_by}, {"at", e.set_at}, {"id", e.id}, {"until", e.expires}});
    add_author(all.back(), e.its);
  }
  return all;
}

std::vector<list_entry> masks_of(const json& all) {
  std::vector<list_entry> masks;
  for (const json& e : all) {
    const auto at = e.at("at").get<std::int64_t>();
    masks.push_back({e.at("mask").get<std::string>(), e.at("by").get<std::string>(), at,
                     e.value("id", place_of(at)), e.value("until", std::int64_t{0}), author_in(e)});
  }
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

json made_of(const hook& one) {
  return {{"id", one.id},         {"name", one.name},     {"by", one.by},
          {"made", one.made},     {"digest", one.digest}, {"url", one.url},
          {"secret", one.secret}, {"words", one.words},   {"failure", one.failure}};
}

hook hook_of(const json& in) {
  return {.id = in.at("id").get<std::string>(),
          .name = in.at("name").get<std::string>(),
          .by = in.at("by").get<std::string>(),
          .made = in.at("made").get<std::int64_t>(),
          .digest = in.at("digest").get<std::string>(),
          .url = in.at("url").get<std::string>(),
          .secret = in.at("secret").get<std::string>(),
          .words = in.at("words").get<std::vector<std::string>>(),
          .failure = in.at("failure").get<std::string>()};
}

unsigned char ranks_of(std::string_view letters) {
  unsigned char ranks = no_rank;
  for (const char c : letters) ranks |= rank_of(c);
  return ranks;
}

std::unique_ptr<room> made_of(const json& record) {
  auto r = std::make_unique<room>(record.at("name").get<std::string>());
  r->founder_account = record.at("founder").get<std::string>();
  r->founder_number = record.value("founder_number", r->founder_account.empty() ? 0 : unknown_number);
  r->created = record.at("created").get<std::int64_t>();
  r->begins_after = record.value("begins_after", place_of(r->created));
  for (const char c : record.at("modes").get<std::string>())
    if (const room_mode* mode = find_room_mode(c); mode && mode->kind == mode_kind::flag) r->modes.set(c);
  for (const room_mode& mode : room_modes())
    if (record.contains(mode.kept_as)) std::visit(value_reader{*r, record.at(mode.kept_as)}, mode.value);
  r->topic.text = record.at("topic").at("text").get<std::string>();
  r->topic.set_by = record.at("topic").at("by").get<std::string>();
  r->topic.set_at = record.at("topic").at("at").get<std::int64_t>();
  r->topic.its = author_in(record.at("topic"));
  const json numbers = record.value("rank_numbers", json::object());
  for (const auto& [account, letters] : record.at("ranks").items())
    r->ranked_accounts.push_back(
        {account, numbers.value(account, unknown_number), ranks_of(letters.get<std::string>())});
  for (const json& one : record.value("hooks", json::array())) r->hooks.push_back(hook_of(one));
  r->maker = network::parse(record.value("maker", std::string()));
  r->crowd = record.value("crowd", entry_id{0});
  r->offered_to = {record.value("offered_to", std::string()),
                   record.value("offered_number", std::uint64_t{0})};
  r->retention = record.value("retention", std::int64_t{0});
  return r;
}

}  // namespace

std::string to_record(const room& r) {
  json ranks = json::object(), numbers = json::object();
  for (const room::ranked_account& one : r.ranked_accounts) {
    ranks[one.name] = letters_of(one.ranks);
    numbers[one.name] = one.number;
  }
  json record = {
      {"name", r.name()},
      {"founder", r.founder_account},
      {"founder_number", r.founder_number},
      {"created", r.created},
      {"begins_after", r.begins_after},
      {"modes", r.modes.letters()},
      {"topic", {{"text", r.topic.text}, {"by", r.topic.set_by}, {"at", r.topic.set_at}}},
      {"ranks", ranks},
      {"rank_numbers", numbers},
      {"crowd", r.crowd},
      {"maker", r.maker ? r.maker->text() : std::string()},
  };
  add_author(record["topic"], r.topic.its);
  if (!r.offered_to.account.empty()) {
    record["offered_to"] = r.offered_to.account;
    record["offered_number"] = r.offered_to.number;
  }
  if (r.retention != 0) record["retention"] = r.retention;
  for (const hook& one : r.hooks) record["hooks"].push_back(made_of(one));
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

std::vector<former_absentee> people_of_former_record(std::string_view text) try {
  constexpr std::size_t most_guests = 1'000'000;  // more than a record of ours can say
  const json record = json::parse(text);
  std::vector<former_absentee> all;
  const json since = record.value("since", json::object());
  for (const auto& [account, letters] : record.value("people", json::object()).items())
    all.push_back({account, ranks_of(letters.get<std::string>()), since.value(account, entry_id{0})});
  for (const auto& [letters, count] : record.value("guests", json::object()).items())
    all.insert(all.end(), std::min(count.get<std::size_t>(), most_guests), {{}, ranks_of(letters), 0});
  return all;
} catch (const json::exception&) {
  return {};
}

}  // namespace parlance::chat
