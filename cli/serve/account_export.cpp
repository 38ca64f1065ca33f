#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/forgetting.hpp>
#include <parlance/chat/store/record_kinds.hpp>

#include <cli/serve/account_export.hpp>
#include <cli/serve/export_lines.hpp>

namespace parlance::cli {
namespace {

using chat::key_part;
using chat::record_kind;
using nlohmann::ordered_json;

// What proves who somebody is, or is made of that.
constexpr auto secrets = std::to_array<std::string_view>(
    {"hash", "scram", "token", "password", "digest", "secret", "p256dh", "auth", "hooks"});

class walk {
 public:
  walk(chat::store_snapshot& from, const chat::account& its,
       const std::function<void(std::string_view)>& tell)
      : from_(from), its_(its), identity_(chat::identity_of(its)), tell_(tell) {}

  void run() {
    for (const record_kind& kind : chat::record_kinds::all)
      from_.each_document(kind, {}, [&](std::string_view key, std::string_view json) {
        if (is_its(kind, key, json)) tell_record(kind, key, ordered_json::parse(json, nullptr, false));
      });
    const chat::speaker self = said_by_account(its_, std::numeric_limits<chat::entry_id>::max());
    for (const std::string& name : from_.conversations()) {
      const bool is_private = is_part_of(name);
      from_.each(name, 0, [&](const chat::stored_entry& e) {
        if (!is_private && !self.has_said(e)) return;
        std::string line;
        append_export_line(line, e, name);
        tell_(line);
      });
    }
  }

 private:
  /// One of the parts of a key is the account.
  bool is_part_of(std::string_view key) const {
    for (std::size_t end = 0; !key.empty(); key.remove_prefix(std::min(end + 1, key.size()))) {
      end = std::min(key.find(' '), key.size());
      if (key.substr(0, end) == identity_) return true;
    }
    return false;
  }

  bool names_it(const ordered_json& what) const {
    return what.is_string() && chat::same_name(what.get<std::string>(), its_.name);
  }

  bool is_its(const record_kind& kind, std::string_view key, std::string_view json) const {
    const std::string own = chat::folded(its_.name);
    if (kind.name == chat::record_kinds::account.name) return key == own;
    if (kind.first == key_part::account) return key.substr(0, key.find(' ')) == own;
    if (is_part_of(key)) return true;
    const ordered_json value = ordered_json::parse(json, nullptr, false);
    if (kind.first == key_part::certificate || kind.first == key_part::look) return names_it(value);
    if (kind.name == chat::record_kinds::pins.name)
      return std::ranges::any_of(value, [&](const ordered_json& e) { return has_set(e); });
    if (!value.is_object()) return false;
    if (kind.name == chat::record_kinds::room.name) return is_in_room(value);
    if (kind.name == chat::record_kinds::audit.name) return is_in_deed(value);
    return names_it(value.value("by", ordered_json()));
  }

  /// Of a topic, a mask of a list, or a pin.
  bool has_set(const ordered_json& what) const {
    return what.is_object() &&
           names_it(what.value("of", ordered_json::object()).value("account", ordered_json()));
  }
  bool is_about(const ordered_json& mask) const {
    return chat::names_account(mask.value("mask", std::string()), its_.name) || has_set(mask);
  }

  bool is_in_room(const ordered_json& room) const {
    if (has_set(room.value("topic", ordered_json()))) return true;
    if (names_it(room.value("founder", ordered_json()))) return true;
    for (const auto& [account, letters] : room.value("ranks", ordered_json::object()).items())
      if (chat::same_name(account, its_.name)) return true;
    for (const char* const list : {"bans", "exceptions", "invitations"})
      for (const ordered_json& e : room.value(list, ordered_json::array()))
        if (is_about(e)) return true;
    return false;
  }

  /// It did it, or it was done to it.
  bool is_in_deed(const ordered_json& deed) const {
    if (names_it(deed.value("who", ordered_json())) || names_it(deed.value("as", ordered_json())))
      return true;
    const std::string to = deed.value("to", std::string());
    for (std::string_view rest = to; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (chat::same_name(rest.substr(0, end), its_.name)) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  }

  void tell_record(const record_kind& kind, std::string_view key, ordered_json value) const {
    ordered_json line = {{"record", kind.name}, {"key", key}};
    if (kind.name == chat::record_kinds::room.name) value = of_room(value);
    if (kind.name == chat::record_kinds::pins.name)
      std::erase_if(value.get_ref<ordered_json::array_t&>(),
                    [&](const ordered_json& e) { return !has_set(e); });
    if (value.is_object())
      for (auto& [name, what] : value.items()) {
        if (std::ranges::find(secrets, name) == secrets.end()) line[name] = what;
      }
    else
      line["value"] = std::move(value);
    tell_(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  }

  /// Only what is about the account: the rest is others'.
  ordered_json of_room(const ordered_json& room) const {
    ordered_json own = {{"name", room.value("name", std::string())},
                        {"is_founder", names_it(room.value("founder", ordered_json()))}};
    for (const auto& [account, letters] : room.value("ranks", ordered_json::object()).items())
      if (chat::same_name(account, its_.name)) own["ranks"] = letters;
    for (const char* const list : {"bans", "exceptions", "invitations"})
      for (const ordered_json& e : room.value(list, ordered_json::array()))
        if (is_about(e)) own[list].push_back(e);
    if (const ordered_json topic = room.value("topic", ordered_json()); has_set(topic)) own["topic"] = topic;
    return own;
  }

  chat::store_snapshot& from_;
  const chat::account& its_;
  const std::string identity_;
  const std::function<void(std::string_view)>& tell_;
};

}  // namespace

bool export_account(chat::store_snapshot& from, std::string_view name,
                    const std::function<void(std::string_view line)>& tell) {
  const std::optional<std::string> record = from.get(chat::record_kinds::account, chat::folded(name));
  const std::optional<chat::account> its = record ? chat::account_of_record(*record) : std::nullopt;
  if (!its) return false;
  walk(from, *its, tell).run();
  return true;
}

std::optional<std::string> export_account_to_file(const chat::store_options& of, std::string_view name,
                                                  std::int64_t now) {
  chat::store_snapshot snapshot(of);
  const std::filesystem::path path =
      of.folder / fmt::format("account-{}-{:%Y%m%dT%H%M%SZ}.jsonl", chat::folded(name),
                              fmt::gmtime(static_cast<std::time_t>(now)));
  const auto fail = [&] { throw std::system_error(errno, std::generic_category(), path.string()); };
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) fail();
  std::FILE* const opened = ::fdopen(descriptor, "w");
  if (!opened) fail();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(opened, &std::fclose);
  const bool is_known = export_account(snapshot, name, [&](std::string_view line) {
    if (std::fwrite(line.data(), 1, line.size(), file.get()) != line.size()) fail();
  });
  if (std::fflush(file.get()) != 0) fail();
  if (is_known) return path.string();
  std::filesystem::remove(path);
  return {};
}

}  // namespace parlance::cli
