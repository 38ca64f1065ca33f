#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/watches.hpp>

namespace parlance::chat {

void watches::add(std::string_view name, watcher& by) { by_name_[folded(name)].push_back(&by); }

void watches::remove(std::string_view name, watcher& by) noexcept {
  const auto found = by_name_.find(folded(name));
  if (found == by_name_.end()) return;
  std::erase(found->second, &by);
  if (found->second.empty()) by_name_.erase(found);
}

const std::vector<watcher*>* watches::of(std::string_view name) const {
  if (by_name_.empty()) return nullptr;
  const auto found = by_name_.find(folded(name));
  return found == by_name_.end() ? nullptr : &found->second;
}

void watches::came(const person& who) const {
  if (const auto* all = of(who.nick()))
    for (watcher* w : *all) w->came(who);
}

void watches::gone(std::string_view nick) const {
  if (const auto* all = of(nick))
    for (watcher* w : *all) w->gone(nick);
}

void watches::changed(const person& who, const event& what) const {
  if (const auto* all = of(who.nick()))
    for (watcher* w : *all) w->changed(who, what);
}

}  // namespace parlance::chat
