// TCP's packets as they pass the network interfaces of this machine (pcap(3PCAP)), where that is allowed: as
// root, or with CAP_NET_RAW (setcap cap_net_raw+ep parlance).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <parlance/io/endpoint.hpp>

#include <cli/trace/packet.hpp>

struct pcap;

namespace parlance::cli {

struct pcap_library;

class packet_capture {
 public:
  /// Null when that is not allowed, or there is nothing to capture with; then `why` says so in words.
  static std::unique_ptr<packet_capture> open(std::string& why);

  /// From now on, what goes to and comes from there.
  void watch(const io::endpoint& remote);
  /// The same for a port of ours.
  void watch_port(std::uint16_t port);

  /// What has passed since the last time; never waits.
  void drain(const std::function<void(captured_packet)>& each);
  /// Becomes readable when something has; stays the capture's.
  int descriptor() const noexcept;
  /// Packets that the kernel has let go because they were not drained in time.
  unsigned lost() const noexcept;

 private:
  struct closed {
    const pcap_library* by;
    void operator()(pcap* handle) const noexcept;
  };
  packet_capture(const pcap_library& by, std::unique_ptr<pcap, closed> handle)
      : pcap_(by), handle_(std::move(handle)) {}
  void filter();

  const pcap_library& pcap_;
  std::unique_ptr<pcap, closed> handle_;
  std::vector<std::string> watched_;  // as pcap-filter(7) has it
};

}  // namespace parlance::cli
