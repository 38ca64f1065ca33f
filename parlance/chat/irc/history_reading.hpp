// What those who ask for what was said have in common: it is paid for by its time, and bounded by what may wait
// for one client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// Whether there is any left of what one may cost who reads.
bool may_read_history(irc_client& by);

/// The processor's seconds, which the one who asks pays for: what costs much is known only afterwards.
class paid_history_reading {
 public:
  explicit paid_history_reading(irc_client& by);
  ~paid_history_reading();
  paid_history_reading(const paid_history_reading&) = delete;
  paid_history_reading& operator=(const paid_history_reading&) = delete;

 private:
  irc_client& by_;
  const double start_;
};

/// The entries as lines, as many as may wait for one client: those at the wrong end are left out.
std::string history_lines(const irc_client& to, const std::vector<stored_entry>& entries,
                          const readable_history& from, std::string_view batch,
                          entry_range::end counted_from = entry_range::end::newest);

}  // namespace parlance::chat::irc
