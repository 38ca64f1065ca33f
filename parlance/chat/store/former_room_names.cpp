#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/store/former_room_names.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

bool is_of_room(key_part what) noexcept {
  return what == key_part::room || what == key_part::room_or_person || what == key_part::registered;
}

std::string former_key(std::string_view name) {
  std::string small(name);
  std::ranges::transform(small, small.begin(), [](char c) { return fold(c); });
  return small;
}

struct document {
  std::string kind, key, json;
};

class move_of_rooms {
 public:
  explicit move_of_rooms(sqlite::connection& in) : in_(in) {}

  void run() {
    find_names();
    for (const std::string& former : former_) choose(former);
    if (names_.empty()) return;
    sqlite::statement move(in_, "UPDATE conversations SET name = ? WHERE name = ?");
    for (const auto& [former, now] : names_) move.run(now.key, former);
    for (const document& one : documents()) put(one);
  }

 private:
  struct name {
    std::string key;
    std::string behind;  // what it is called more than it was
  };

  void find_names() {
    sqlite::statement all(in_,
                          "SELECT name FROM conversations WHERE name LIKE '#%' "
                          "UNION SELECT key FROM documents WHERE kind = 'room'");
    for (sqlite::rows each = all.start(); each.next();) {
      const std::string key(each.text(0));
      (folded(key) == key ? taken_ : former_).insert(key);
    }
  }

  void choose(const std::string& former) {
    name now{folded(former), {}};
    for (std::size_t n = 2; !taken_.insert(now.key).second; ++n) {
      now.behind = fmt::format("-{}", n);
      now.key = folded(former) + now.behind;
    }
    names_.emplace(former, std::move(now));
  }

  std::vector<document> documents() {
    std::vector<document> all;
    sqlite::statement each(in_, "SELECT kind, key, value FROM documents");
    for (sqlite::rows row = each.start(); row.next();)
      all.emplace_back(std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)));
    return all;
  }

  void put(const document& former) {
    document now = former;
    const auto kind = std::ranges::find(record_kinds::all, former.kind, &record_kind::name);
    if (former.kind == record_kinds::room.name)
      move_room(now);
    else if (former.kind == record_kinds::presence.name)
      move_seats(now);
    else if (kind != record_kinds::all.end())
      move_key(*kind, now);
    if (now.key == former.key && now.json == former.json) return;
    sqlite::statement(in_, "DELETE FROM documents WHERE kind = ? AND key = ?").run(former.kind, former.key);
    sqlite::statement(in_, "INSERT OR REPLACE INTO documents VALUES(?, ?, ?)")
        .run(now.kind, now.key, now.json);
  }

  void move_room(document& one) {
    const auto now = names_.find(one.key);
    if (now == names_.end()) return;
    one.key = now->second.key;
    rename_in(one.json, [&](json& record) { add(record, now->second); });
  }

  /// Of who is in them while not connected.
  void move_seats(document& one) {
    rename_in(one.json, [&](json& record) {
      for (json& seat : record.at("rooms"))
        if (const auto now = names_.find(former_key(seat.at("name").get<std::string>())); now != names_.end())
          add(seat, now->second);
    });
  }

  void move_key(const record_kind& kind, document& one) {
    const std::size_t space = std::min(one.key.find(' '), one.key.size());
    const std::size_t end = std::min(one.key.find(' ', space + 1), one.key.size());
    const auto move = [&](std::size_t from, std::size_t size) {
      const auto now = names_.find(one.key.substr(from, size));
      if (now != names_.end()) one.key.replace(from, size, now->second.key);
    };
    if (is_of_room(kind.second) && space + 1 < one.key.size()) move(space + 1, end - space - 1);
    if (is_of_room(kind.first)) move(0, space);
  }

  static void add(json& to, const name& now) {
    if (!now.behind.empty()) to["name"] = to.at("name").get<std::string>() + now.behind;
  }

  /// What cannot be read stays as it is.
  template <class Change> static void rename_in(std::string& text, Change change) try {
    json record = json::parse(text);
    change(record);
    text = record.dump(-1, ' ', false, json::error_handler_t::replace);
  } catch (const json::exception&) {
  }

  sqlite::connection& in_;
  std::set<std::string> taken_, former_;
  std::map<std::string, name> names_;
};

}  // namespace

void fold_former_room_names(sqlite::connection& in) { move_of_rooms(in).run(); }

}  // namespace parlance::chat
