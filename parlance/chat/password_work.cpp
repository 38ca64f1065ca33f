#include <algorithm>

#include <parlance/chat/password_work.hpp>

namespace parlance::chat {

io::task<password_work::turn> password_work::wait(std::optional<network> from) {
  if (working_ < at_once) {
    ++working_;
    co_return turn(*this);
  }
  // Those that have had their turn need not be remembered, as long as they do not wait again.
  if (last_rounds_.size() >= 4096)
    std::erase_if(last_rounds_, [&](const auto& one) { return one.second <= round_; });
  waiter me(*this);
  std::uint64_t& last = last_rounds_[from ? from->household() : network()];
  me.round = last = std::max(round_, last) + 1;
  line_.push_back(me);
  co_await me.granted;
  me.taken = true;
  co_return turn(*this);
}

void password_work::release() noexcept {
  waiter* next = nullptr;
  line_.for_each([&](waiter& one) {
    if (!next || one.round < next->round) next = &one;
  });
  if (!next) {
    --working_;
    last_rounds_.clear();
    return;
  }
  round_ = next->round - 1;
  next->unlink();
  next->granted.set();
}

}  // namespace parlance::chat
