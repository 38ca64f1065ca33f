// What others see in place of somebody's address: always the same for one address, so that a ban can name it,
// and telling nothing of it to who does not have the server's secret.
//
//   chat::cloak hides(store);
//   hides.host_of("192.0.2.7");      // "k3f9x2m7ahq4c6tz.cloak"
#pragma once

#include <string>
#include <string_view>

namespace parlance::chat {

class store;

class cloak {
 public:
  /// Its secret is kept in the store, and made when there is none.
  explicit cloak(store& keeps) : store_(keeps) {}

  /// An IPv6 address counts by its /64. What is no address, or this machine's own, is "localhost".
  std::string host_of(std::string_view address);

 private:
  const std::string& secret();

  store& store_;
  std::string secret_;
};

/// The address itself, fit to be a parameter of IRC: "::1" begins with a colon, "0::1" does not.
std::string plain_host_of(std::string_view address);

}  // namespace parlance::chat
