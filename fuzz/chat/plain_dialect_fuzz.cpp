// A caller may send anything: its messages are the same however its bytes are cut, bounded, and fit to show;
// and whatever they ask the hub for, what others hear are whole lines that nobody else could have said.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/hub.hpp>
#include <parlance/chat/plain.hpp>
#include <parlance/chat/plain_framing.hpp>
#include <parlance/chat/text.hpp>

namespace {

using namespace parlance::chat;
using kind = plain_framing::message::kind;

constexpr std::size_t longest = 40;
constexpr limits small{
    .line = longest, .name = 8, .room_name = 8, .members = 4, .rooms = 4, .rooms_per_member = 3, .listed = 2};

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
  sanitizer clean(sanitizer::newlines::keep);
  clean.feed(lines, same);
  if (same != lines || clean.replaced() != 0 || clean.within_character()) std::abort();
}

class listener final : public member {
 public:
  bool receive(const event& what) override {
    const std::string& line = *what.in(plain_line);
    must_be_fit(line);
    if (!line.ends_with('\n') || std::count(line.begin(), line.end(), '\n') != 1) std::abort();
    const bool from_server = line.starts_with("-- ");
    if (from_server != what.about_presence()) std::abort();
    return true;
  }
  void dismissed(std::string_view) override { std::abort(); }
};

void talk(const messages& all) {
  hub chat(small);
  listener watcher;
  std::array<listener, 3> callers;
  chat.enter(watcher, "watcher");
  callers[0].hears_itself = true;
  std::size_t turn = 0;
  for (const auto& m : all) {
    listener& who = callers[turn++ % callers.size()];
    if (m.what != kind::text) continue;
    if (!who.present()) chat.enter(who);
    const plain_answer answer = respond(chat, who, m.text);
    must_be_fit(answer.text);
    if (!answer.text.empty() && !answer.text.ends_with('\n')) std::abort();
    if (answer.leaves) chat.leave(who);
    if (who.present() && chat.find(who.name()) != &who) std::abort();
    if (chat.rooms().size() > small.rooms || who.room_count() > small.rooms_per_member) std::abort();
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
