#include "chat/whole/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace parlance::chat::test {
namespace {

std::string inspect(const person& who, hub& chat) {
  for (const person::seat& s : who.seats()) {
    if (chat.rooms().find(s.in->name()) != s.in)
      return fmt::format("{} sits in a room that is not there", who.nick());
    if (s.index >= s.in->seats().size() || s.in->seats()[s.index].who != &who)
      return fmt::format("{} is not where its seat in {} says", who.nick(), s.in->name());
    if (std::ranges::count(who.seats(), s.in, &person::seat::in) != 1)
      return fmt::format("{} is in {} more than once", who.nick(), s.in->name());
  }
  for (const client* c : who.clients())
    if (c->who() != &who) return fmt::format("a client of {} is somebody else's", who.nick());
  if (who.present() && who.clients().empty() && !who.always_on)
    return fmt::format("{} is there without a client", who.nick());
  if (who.seats().size() > chat.configured().limits.rooms_per_member)
    return fmt::format("{} is in too many rooms", who.nick());
  return {};
}

std::string inspect(const room& r, hub& chat) {
  const limits& bounds = chat.configured().limits;
  for (const room::seat& s : r.seats()) {
    if (chat.people().find(s.who->nick()) != s.who) return fmt::format("who is in {} is not there", r.name());
    if (!s.who->is_in(r)) return fmt::format("{} does not know to be in {}", s.who->nick(), r.name());
  }
  for (const auto* list : {&r.bans, &r.exceptions, &r.invitations})
    if (list->size() > bounds.list_modes) return fmt::format("a list of {} is too long", r.name());
  return {};
}

}  // namespace

std::string inspect(hub& chat) {
  std::size_t present = 0;
  for (const auto& [key, who] : chat.people().all()) {
    if (key != folded(who->nick()))
      return fmt::format("{} is found as {}", who->nick(), std::string_view(key));
    if (std::string wrong = inspect(*who, chat); !wrong.empty()) return wrong;
    present += who->present();
  }
  if (present != chat.people().present.people)
    return fmt::format("{} people are there, and {} are counted", present, chat.people().present.people);
  for (const auto& [key, r] : chat.rooms().all()) {
    if (key != r->key() || key != folded(r->name()))
      return fmt::format("{} is found as {}", r->name(), std::string_view(key));
    if (std::string wrong = inspect(*r, chat); !wrong.empty()) return wrong;
  }
  if (chat.rooms().all().size() > chat.configured().limits.rooms) return "there are too many rooms";
  return {};
}

}  // namespace parlance::chat::test
