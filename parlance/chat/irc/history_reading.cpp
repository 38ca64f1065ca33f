#include <cstddef>

#include <parlance/chat/base/processor_time.hpp>
#include <parlance/chat/irc/encode.hpp>
#include <parlance/chat/irc/history_reading.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
bool may_read_history(irc_client& by) {
  const io::time_point now = io::loop::current().now();
  return by.who()->own().history.has_any(now) &&
         by.chat().history_reading.has(by.chat().share_of(*by.who()), now);
}

paid_history_reading::paid_history_reading(irc_client& by) : by_(by), start_(processor_seconds()) {}
paid_history_reading::~paid_history_reading() {
  const double took = processor_seconds() - start_;
  const io::time_point now = io::loop::current().now();
  by_.who()->own().history.owe(took, now);
  by_.chat().history_reading.owe(by_.chat().share_of(*by_.who()), took, now);
}

std::string history_lines(const irc_client& to, const std::vector<stored_entry>& entries,
                          const readable_history& from, std::string_view batch,
                          entry_range::end counted_from) {
  const std::size_t most = to.bounds().sendq / 2;
  const bool backwards = counted_from == entry_range::end::newest;
  std::vector<std::string> texts(entries.size());
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < entries.size() && bytes < most; ++n) {
    const std::size_t i = backwards ? entries.size() - 1 - n : n;
    const std::string_view room_name = from.in ? std::string_view(from.in->name()) : std::string_view();
    append_event(texts[i], replayed(entries[i], room_name).what(), to.shape(), batch);
    bytes += texts[i].size();
  }
  std::string lines;
  lines.reserve(bytes);
  for (const std::string& text : texts) lines += text;
  return lines;
}

}  // namespace parlance::chat::irc
