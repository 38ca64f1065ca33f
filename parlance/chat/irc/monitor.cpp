// MONITOR (IRCv3): a client is told when the names on its list come and go; with extended-monitor, also what
// becomes of those who have them.
#include <algorithm>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/monitor.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

class monitor_list final : public irc_client::extension, private watcher {
 public:
  explicit monitor_list(irc_client& of) : client_(of) {}
  ~monitor_list() override { clear(); }

  void add(std::string_view targets);
  void remove(std::string_view targets);
  void clear() {
    for (const std::string& name : names_) client_.chat().watched().remove(name, *this);
    names_.clear();
  }
  void list();
  void status();
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Without an answer.
  void go_on(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      client_.chat().watched().add(name, *this);
      names_.push_back(name);
    }
  }

 private:
  void came(const person& who) override;
  void gone(std::string_view nick) override;
  void changed(const person& who, const event& what) override;
  /// Somebody who is leaving is told nothing more.
  bool listens() const { return client_.who() && !client_.is_ending(); }

  irc_client& client_;
  std::vector<std::string> names_;  // as they were written
};

void monitor_list::add(std::string_view targets) {
  word_list online(client_, numeric::RPL_MONONLINE, {}, ','),
      offline(client_, numeric::RPL_MONOFFLINE, {}, ',');
  while (!targets.empty()) {
    const std::string_view rest = targets, target = take_item(targets, ',');
    if (target.empty()) continue;
    if (!is_name(target, client_.bounds().name)) {
      client_.explain(outcome::bad_name, target);
      continue;
    }
    const bool is_there = std::ranges::any_of(names_, [&](const auto& n) { return same_name(n, target); });
    if (!is_there && names_.size() >= client_.bounds().monitor) {
      client_.reply(numeric::ERR_MONLISTFULL,
                    {std::to_string(client_.bounds().monitor), rest, "Monitor list is full."});
      break;
    }
    if (!is_there) {
      client_.chat().watched().add(target, *this);
      names_.emplace_back(target);
    }
    if (const person* who = client_.chat().people().find(target))
      online.add(who->prefix());
    else
      offline.add(target);
  }
  online.end();
  offline.end();
}

void monitor_list::remove(std::string_view targets) {
  while (!targets.empty()) {
    const std::string_view target = take_item(targets, ',');
    const auto found = std::ranges::find_if(names_, [&](const auto& n) { return same_name(n, target); });
    if (found == names_.end()) continue;
    client_.chat().watched().remove(target, *this);
    names_.erase(found);
  }
}

void monitor_list::list() {
  word_list all(client_, numeric::RPL_MONLIST, {}, ',');
  for (const std::string& name : names_) all.add(name);
  all.end();
  client_.reply(numeric::RPL_ENDOFMONLIST, {"End of MONITOR list"});
}

void monitor_list::status() {
  word_list online(client_, numeric::RPL_MONONLINE, {}, ','),
      offline(client_, numeric::RPL_MONOFFLINE, {}, ',');
  for (const std::string& name : names_) {
    if (const person* who = client_.chat().people().find(name))
      online.add(who->prefix());
    else
      offline.add(name);
  }
  online.end();
  offline.end();
}

void monitor_list::came(const person& who) {
  if (listens()) client_.reply(numeric::RPL_MONONLINE, {who.prefix()});
}

void monitor_list::gone(std::string_view nick) {
  if (listens()) client_.reply(numeric::RPL_MONOFFLINE, {nick});
}

void monitor_list::changed(const person& who, const event& what) {
  // Who is in a room with it is told already.
  if (!listens() || !client_.has(capability::extended_monitor) || client_.who() == &who ||
      share_a_room(*client_.who(), who))
    return;
  client_.chat().turn().tell(client_, what);
}

}  // namespace

void monitor(irc_client& by, const message& m) {
  if (!by.monitor) by.monitor = std::make_unique<monitor_list>(by);
  auto& list = static_cast<monitor_list&>(*by.monitor);
  const std::string_view what = m.param(0);
  const bool changes = what == "+" || what == "-";
  if (changes && m.param(1).empty())
    return by.reply(numeric::ERR_NEEDMOREPARAMS, {"MONITOR", "Not enough parameters"});
  if (what == "+") return list.add(m.param(1));
  if (what == "-") return list.remove(m.param(1));
  if (same_name(what, "C")) return list.clear();
  if (same_name(what, "L")) return list.list();
  if (same_name(what, "S")) return list.status();
  by.reply(numeric::ERR_UNKNOWNERROR, {"MONITOR", "Unknown subcommand"});
}

std::vector<std::string> monitored_by(const irc_client& of) {
  return of.monitor ? static_cast<const monitor_list&>(*of.monitor).names() : std::vector<std::string>();
}

void go_on_monitoring(irc_client& as, const std::vector<std::string>& names) {
  if (names.empty()) return;
  auto list = std::make_unique<monitor_list>(as);
  list->go_on(names);
  as.monitor = std::move(list);
}

}  // namespace parlance::chat::irc
