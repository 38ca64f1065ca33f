// Which rooms there are: LIST, with the conditions of ELIST=CMNTU
// (https://modern.ircdocs.horse/#elist-parameter).
#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_conditions = 16;

/// "<3" and ">3": people; "C<60": made less than 60 minutes ago; "T>60": its topic was set more than 60
/// minutes ago; "#x*": a name like this; "!#x*": no name like this.
struct condition {
  enum class kind : unsigned char { people, created, topic, name, other_name } what;
  bool is_less = false;
  std::int64_t number = 0;
  std::string_view mask = {};
};

std::optional<condition> parse_number(condition::kind what, std::string_view text) {
  if (text.empty() || (text.front() != '<' && text.front() != '>')) return {};
  condition c{.what = what, .is_less = text.front() == '<'};
  text.remove_prefix(1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  c.number = number;
  return c;
}

std::optional<condition> parse_condition(std::string_view text) {
  using kind = condition::kind;
  if (text.starts_with('<') || text.starts_with('>')) return parse_number(kind::people, text);
  if (text.size() > 1 && (text[1] == '<' || text[1] == '>')) {
    if (fold(text[0]) == 'c') return parse_number(kind::created, text.substr(1));
    if (fold(text[0]) == 't') return parse_number(kind::topic, text.substr(1));
  }
  if (text.starts_with('!')) return condition{.what = kind::other_name, .mask = text.substr(1)};
  if (text.empty()) return {};
  return condition{.what = kind::name, .mask = text};
}

bool compare(const condition& c, std::int64_t value, std::int64_t with) {
  return c.is_less ? value < with : value > with;
}

class conditions {
 public:
  explicit conditions(std::int64_t now) : now_(now) {}

  void add(std::string_view list) {
    while (!list.empty() && all_.size() < most_conditions)
      if (const auto c = parse_condition(take_item(list, ','))) all_.push_back(*c);
  }

  std::size_t size_of_masks() const noexcept {
    std::size_t sum = 0;
    for (const condition& c : all_) sum += c.mask.size();
    return sum;
  }

  /// Any of the names, and all of the rest.
  bool hold_for(const room& r) const {
    bool asks_for_names = false, has_name = false;
    for (const condition& c : all_) {
      if (c.what == condition::kind::name) {
        asks_for_names = true;
        has_name = has_name || matches(c.mask, r.name());
      } else if (!holds(c, r)) {
        return false;
      }
    }
    return has_name || !asks_for_names;
  }

 private:
  bool holds(const condition& c, const room& r) const {
    switch (c.what) {
      case condition::kind::people:
        return compare(c, static_cast<std::int64_t>(r.seats().size()), c.number);
      case condition::kind::created:
        return compare(c, now_ - r.created, c.number * 60);
      case condition::kind::topic:
        return r.topic.set_at != 0 && compare(c, now_ - r.topic.set_at, c.number * 60);
      default:
        return !matches(c.mask, r.name());
    }
  }

  std::int64_t now_;
  std::vector<condition> all_;
};

}  // namespace

void list(irc_client& by, const message& m) {
  conditions asked(by.chat().clock().seconds());
  asked.add(m.param(0));
  asked.add(m.param(1));
  // All rooms are looked at, however few are found.
  if (!by.may_search(by.chat().rooms().all().size(), asked.size_of_masks()))
    return by.reply(numeric::RPL_TRYAGAIN, {"LIST", "Please wait a while and try again"});
  std::vector<const room*> found;
  for (const auto& [key, r] : by.chat().rooms().all()) {
    const bool is_there = !r->seats().empty() || !r->founder_account.empty();
    if (is_there && r->is_known_to(*by.who()) && asked.hold_for(*r)) found.push_back(r.get());
  }
  // Those with most people first, so that what does not fit is what matters least.
  std::ranges::sort(found, [](const room* a, const room* b) {
    return a->seats().size() != b->seats().size() ? a->seats().size() > b->seats().size()
                                                  : a->key() < b->key();
  });
  by.reply(numeric::RPL_LISTSTART, {"Channel", "Users  Name"});
  for (const room* r : found) {
    if (space_for(by) < by.bounds().irc_line) {
      by.reply(numeric::ERR_TOOMANYMATCHES, {"LIST", "The list is too long; ask for a part of it"});
      break;
    }
    by.reply(numeric::RPL_LIST, {r->name(), std::to_string(r->seats().size()), r->topic.text});
  }
  by.reply(numeric::RPL_LISTEND, {"End of /LIST"});
}

}  // namespace parlance::chat::irc
