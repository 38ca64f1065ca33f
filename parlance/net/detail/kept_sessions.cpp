#include <algorithm>
#include <ctime>

#include <parlance/net/detail/kept_sessions.hpp>

namespace parlance::net {
namespace {

bool is_out_of_date(const SSL_SESSION* session) {
  return std::time(nullptr) >= SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session);
}

}  // namespace

void kept_sessions::keep(const std::string& host, ssl_session_ptr session, bool verified) {
  const std::scoped_lock lock(mutex_);
  std::size_t of_this_host = 0;
  for (std::size_t i = all_.size(); i-- > 0;)
    if (all_[i].host == host && ++of_this_host == max_of_one_host)
      all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(i));
  if (all_.size() == max) all_.pop_front();
  all_.push_back({host, std::move(session), verified});
}

ssl_session_ptr kept_sessions::take(const std::string& host, bool only_verified) {
  const std::scoped_lock lock(mutex_);
  // One whose connection broke off is not to be resumed any more, as OpenSSL marks it.
  std::erase_if(all_, [](const kept& one) {
    return is_out_of_date(one.session.get()) || SSL_SESSION_is_resumable(one.session.get()) != 1;
  });
  const auto newest = std::ranges::find_if(all_.rbegin(), all_.rend(), [&](const kept& one) {
    return one.host == host && (one.verified || !only_verified);
  });
  if (newest == all_.rend()) return nullptr;
  if (SSL_SESSION_get_protocol_version(newest->session.get()) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(newest->session.get());
    return ssl_session_ptr(newest->session.get());
  }
  ssl_session_ptr taken = std::move(newest->session);
  all_.erase(std::next(newest).base());
  return taken;
}

}  // namespace parlance::net
