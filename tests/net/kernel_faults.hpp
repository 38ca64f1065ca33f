// Failures of the kernel that no test can bring about: this program's own accept4, socket and bind fail as a
// test says, and are the C library's otherwise. What io_uring does inside the kernel they do not reach. And
// "localhost" has an address of each family, on every machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace parlance::net::test {

/// What the calls have been told, while it lives; one at a time.
class kernel_faults {
 public:
  kernel_faults() noexcept;
  ~kernel_faults();
  kernel_faults(const kernel_faults&) = delete;
  kernel_faults& operator=(const kernel_faults&) = delete;

  /// The errno values with which the next calls fail, one after another.
  std::vector<int> accepts;
  /// The one with which every accept fails; 0: none.
  int every_accept = 0;
  /// Those with which a socket of IPv6 cannot be made, or not be bound; 0: it can.
  int ipv6_sockets = 0, ipv6_binds = 0;
  /// The errno values with which the next sockets of IPv4 cannot be bound, one after another.
  std::vector<int> ipv4_binds;
  /// What a look-up fails with that leaves out the families of which this machine has no address
  /// (AI_ADDRCONFIG), and how many of them there were; 0: it does not. Set before the first of them.
  int look_ups_by_family = 0;
  std::atomic<int> looked_up = 0;
  /// IPv6 sockets leave IPv4 out unless told otherwise, as with the sysctl net.ipv6.bindv6only.
  bool ipv6_only = false;
  /// Sockets of IPv4 are bound to this port of 127.0.0.1, as the kernel may choose when they connect; 0: they
  /// are not.
  std::uint16_t own_port = 0;
  /// How many accepts there were.
  int accepted = 0;
};

}  // namespace parlance::net::test
