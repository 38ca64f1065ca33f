// A caller may send anything: its messages are the same however its bytes are cut, bounded, and fit to show;
// and whatever they ask the hub for, what others hear are whole lines that nobody else could have said.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tests/chat/core/window.hpp>
#include <vector>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/plain/framing.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/text/sanitizer.hpp>

namespace {

using namespace parlance::chat;
using kind = plain_framing::message::kind;

constexpr std::size_t longest = 40;
constexpr std::size_t most_rooms = 4, most_rooms_each = 3;

settings small() {
  settings all;
  all.limits.line = longest;
  all.limits.name = all.limits.room_name = 8;
  all.limits.members = 4;
  all.limits.rooms = most_rooms;
  all.limits.rooms_per_member = most_rooms_each;
  all.limits.listed = 2;
  return all;
}

using messages = std::vector<plain_framing::message>;

void take_all(plain_framing& framing, messages& into) {
  while (auto m = framing.next()) into.push_back(std::move(*m));
}

messages read(std::string_view bytes, std::size_t step) {
  plain_framing framing(longest);
  messages all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    framing.feed(bytes.substr(0, step));
    take_all(framing, all);
  }
  if (auto last = framing.end()) all.push_back(std::move(*last));
  return all;
}

void must_be_fit(std::string_view lines) {
  std::string same;
  parlance::text::sanitizer clean(parlance::text::sanitizer::newlines::keep);
  clean.feed(lines, same);
  if (same != lines || clean.replaced() != 0 || clean.within_character()) std::abort();
}

/// What somebody is shown in a turn: whole lines that are fit to show.
void must_be_lines(window& by) {
  must_be_fit(by.heard);
  if (!by.heard.empty() && !by.heard.ends_with('\n')) std::abort();
  by.heard.clear();
}

void talk(const messages& all) {
  hub_fixture f(small());
  window watcher(f.chat), first(f.chat), second(f.chat), third(f.chat);
  const std::array<window*, 3> callers = {&first, &second, &third};
  watcher.enter("watcher");
  first.echoes = true;
  std::size_t turn = 0;
  for (const auto& m : all) {
    window& who = *callers[turn++ % callers.size()];
    if (m.what != kind::text) continue;
    if (!who.who() && who.enter() != outcome::done) std::abort();
    const plain_answer answer = respond(who, m.text);
    must_be_fit(answer.text);
    if (!answer.text.empty() && !answer.text.ends_with('\n')) std::abort();
    if (answer.leaves) f.chat.leave(who);
    if (who.who() && f.chat.people().find(who.who()->nick()) != who.who()) std::abort();
    if (who.who() && who.who()->seats().size() > most_rooms_each) std::abort();
    if (f.chat.rooms().all().size() > most_rooms) std::abort();
    f.chat.end_turn();
    must_be_lines(watcher);
    for (window* w : callers) must_be_lines(*w);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const messages whole = read(bytes, bytes.size() + 1), pieces = read(bytes, data[0] % 16U + 1);
  const auto same = [](const auto& a, const auto& b) { return a.what == b.what && a.text == b.text; };
  if (!std::equal(whole.begin(), whole.end(), pieces.begin(), pieces.end(), same)) std::abort();
  for (const auto& m : whole) {
    must_be_fit(m.text);
    if (m.text.size() > 3 * longest || m.text.find('\n') != std::string::npos) std::abort();
  }
  talk(whole);
  return 0;
}
