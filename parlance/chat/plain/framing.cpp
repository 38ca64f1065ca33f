#include <algorithm>
#include <utility>

#include <parlance/chat/base/line_end.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/framing.hpp>
#include <parlance/text/keys.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

/// `bytes` have keys; whether something like a login, or a command, was typed, of which those took a part, or which
/// stands behind what is left of them: how much belongs to a key is not the same on all terminals.
bool hides_login(std::string_view bytes) {
  constexpr int most_keys = 32;       // the last of them, behind which a line was typed
  constexpr std::size_t longest = 7;  // bytes that one types
  using verb = plain_command::verb;
  const auto is_login = [](std::string_view typed, bool is_whole) {
    const std::string text = text::sanitize(text::without_key_marks(typed));
    const verb asked = parse_plain(text).what;
    // Paths stand behind colours, too.
    const bool is_command = asked != verb::say && (is_whole || asked != verb::unknown);
    return is_command || begins_like_login(text) || login_in(text).what != verb::say;
  };
  const bool has_marks = text::without_key_marks(bytes) != bytes;
  if (has_marks && (is_login(bytes, true) || is_login(text::without_shifts(bytes), true))) return true;
  std::size_t key = bytes.size();
  for (int i = 0; i < most_keys && key != 0; ++i) {
    key = bytes.find_last_of(text::key_marks, key - 1);
    if (key == bytes.npos) return false;
    for (std::size_t length = 1; length <= longest && key + length < bytes.size(); ++length)
      if (is_login(bytes.substr(key + length), false)) return true;
  }
  return false;
}

/// Whether one of the lines begins like a login that are one line here, for whoever sends them ends each with NUL.
bool has_login_behind_nul(std::string_view bytes) {
  if (bytes.substr(0, bytes.find_last_not_of('\0') + 1).find('\0') == bytes.npos) return false;
  while (!bytes.empty()) {
    const std::string_view one = bytes.substr(0, bytes.find('\0'));
    bytes.remove_prefix(std::min(one.size() + 1, bytes.size()));
    const std::string text = text::sanitize(text::without_keys(one));
    if (begins_like_login(text) || login_in(text).what != plain_command::verb::say) return true;
  }
  return false;
}

std::optional<plain_framing::message> read(std::string_view bytes) {
  using kind = plain_framing::message::kind;
  std::string text;
  text::sanitizer clean;
  const bool has_keys = bytes.find_first_of(text::key_marks) != bytes.npos;
  clean.feed(has_keys ? text::without_keys(bytes) : bytes, text);
  clean.finish(text);
  text.erase(text.find_last_not_of(' ') + 1);
  if (text.empty()) return {};
  if (clean.replaced() * 4 > clean.characters()) return {{kind::unreadable}};
  // Who presses Escape and types on has typed no key.
  using verb = plain_command::verb;
  if (has_keys && parse_plain(text).what == verb::say && login_in(text).what == verb::say &&
      hides_login(bytes))
    return {{kind::login, std::move(text)}};
  if (parse_plain(text).what == verb::say && has_login_behind_nul(bytes))
    return {{kind::login, std::move(text)}};
  return {{kind::text, std::move(text)}};
}

}  // namespace

std::optional<plain_framing::message> plain_framing::next() {
  while (!input_.empty()) {
    const std::string_view part = input_.substr(0, length_of_line(input_));
    options_.feed(part);
    if (part.size() == input_.size()) return keep(std::exchange(input_, {}));
    input_.remove_prefix(part.size() + 1);
    newline_seen_ = true;
    if (auto whole = finish(part)) return whole;
  }
  return {};
}

std::optional<plain_framing::message> plain_framing::keep(std::string_view part) {
  if (skipping_) return {};
  if (kept_.size() - given_ + part.size() > limit_) {
    kept_ = {};
    given_ = 0;
    skipping_ = true;
    return {{message::kind::too_long}};
  }
  kept_ += part;
  return {};
}

std::optional<plain_framing::message> plain_framing::finish(std::string_view last_part) {
  if (std::exchange(skipping_, false)) return {};
  // A message that is whole in what arrived is read where it lies; the memory for parts is given back.
  std::string parts = std::exchange(kept_, {});
  if (!parts.empty()) parts += last_part;
  const std::string_view whole = parts.empty() ? last_part : parts;
  const std::string_view rest = whole.substr(std::exchange(given_, 0));
  const bool was_cut = std::exchange(was_cut_, false);
  const std::string_view before = whole.substr(0, whole.size() - rest.size());
  // Of which nobody has seen that it is one.
  if (rest.empty() && was_cut && login_in(whole).what != plain_command::verb::say) return read(whole);
  const bool goes_on =
      !before.empty() && read(rest) &&
      (weigh_command(before) != command_part::none || weigh_login(whole) != pause_means::plain);
  const std::string_view text = goes_on ? whole : rest;
  if (text.size() > limit_) return {{message::kind::too_long}};
  return read(text);
}

std::optional<plain_framing::message> plain_framing::pause() {
  if (!wants_pause()) return {};
  if (given_ != 0) {
    // What was given of a command that may go on is given again as a whole; of one that is whole, a program says more.
    const command_part before = weigh_command(std::string_view(kept_).substr(0, given_));
    if (before == command_part::unfinished)
      given_ = 0;
    else if (before == command_part::whole || weigh_login(kept_) == pause_means::plain)
      kept_.erase(0, std::exchange(given_, 0));
  }
  // However many messages began with what may be a login, such a beginning is no longer than one.
  if (kept_.empty() || kept_.size() > limit_ ||
      (weigh_login(kept_) == pause_means::plain && weigh_command(kept_) == command_part::none)) {
    kept_.erase(0, std::exchange(given_, 0));
    return finish({});
  }
  was_cut_ = given_ != 0;
  auto part = read(std::string_view(kept_).substr(given_));
  given_ = kept_.size();
  return part;
}

pause_means plain_framing::weigh(std::string_view more) const {
  const std::string all = kept_ + std::string(more);
  const pause_means alone = weigh_login(std::string_view(all).substr(given_));
  const bool is_behind_command = weigh_command(kept_.substr(0, given_)) == command_part::whole;
  return given_ == 0 || is_behind_command ? alone : std::max(alone, weigh_login(all));
}

std::optional<plain_framing::message> plain_framing::end() { return finish({}); }

}  // namespace parlance::chat
