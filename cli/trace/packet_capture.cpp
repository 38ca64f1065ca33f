#include <fmt/core.h>
#include <pcap/pcap.h>

#include <array>
#include <string_view>
#include <utility>

#include <cli/trace/packet_capture.hpp>
#include <cli/trace/pcap_library.hpp>

namespace parlance::cli {
namespace {

constexpr int most_bytes = 512;  // of a packet: its heads, and where what it carries begins
constexpr std::size_t most_watched = 64;

}  // namespace

void packet_capture::closed::operator()(pcap* handle) const noexcept { by->close(handle); }

std::unique_ptr<packet_capture> packet_capture::open(std::string& why) {
  const pcap_library* const by = pcap_library::load();
  if (!by) {
    why = "libpcap is not installed";
    return {};
  }
  std::array<char, PCAP_ERRBUF_SIZE> problem{};
  std::unique_ptr<pcap, closed> handle(by->create("any", problem.data()), closed{by});
  if (!handle) {
    why = problem.data();
    return {};
  }
  by->set_snaplen(handle.get(), most_bytes);
  by->set_immediate_mode(handle.get(), 1);
  by->set_buffer_size(handle.get(), 4 << 20);
  by->set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  if (const int failed = by->activate(handle.get()); failed < 0) {
    why = failed == PCAP_ERROR_PERM_DENIED ? "capturing packets takes root, or CAP_NET_RAW"
                                           : by->statustostr(failed);
    return {};
  }
  if (by->datalink(handle.get()) != DLT_LINUX_SLL || by->setnonblock(handle.get(), 1, problem.data()) < 0) {
    why = "this system's packets cannot be captured here";
    return {};
  }
  std::unique_ptr<packet_capture> made(new packet_capture(*by, std::move(handle)));
  made->filter();
  return made;
}

void packet_capture::watch(const io::endpoint& remote) {
  std::string host = remote.address();
  host = host.substr(0, host.find('%'));
  watched_.push_back(fmt::format("(host {} and port {})", host, remote.port()));
  filter();
}

void packet_capture::watch_port(std::uint16_t port) {
  watched_.push_back(fmt::format("port {}", port));
  filter();
}

void packet_capture::filter() {
  if (watched_.size() > most_watched) watched_.erase(watched_.begin());
  std::string any;
  for (const std::string& one : watched_) any += (any.empty() ? "" : " or ") + one;
  // Nobody is watched yet: nothing.
  const std::string text = any.empty() ? "tcp and less 1" : "tcp and (" + any + ")";
  bpf_program program{};
  if (pcap_.compile(handle_.get(), &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) return;
  pcap_.setfilter(handle_.get(), &program);
  pcap_.freecode(&program);
}

void packet_capture::drain(const std::function<void(captured_packet)>& each) {
  const auto one = [](u_char* to, const pcap_pkthdr* about, const u_char* bytes) {
    auto known = read_packet({reinterpret_cast<const char*>(bytes), about->caplen}, about->len);
    if (!known) return;
    known->at = std::chrono::seconds(about->ts.tv_sec) + std::chrono::nanoseconds(about->ts.tv_usec);
    (*reinterpret_cast<const std::function<void(captured_packet)>*>(to))(std::move(*known));
  };
  while (pcap_.dispatch(handle_.get(), 256, one,
                        reinterpret_cast<u_char*>(const_cast<std::function<void(captured_packet)>*>(&each))) >
         0) {
  }
}

int packet_capture::descriptor() const noexcept { return pcap_.get_selectable_fd(handle_.get()); }

unsigned packet_capture::lost() const noexcept {
  pcap_stat counts{};
  return pcap_.stats(handle_.get(), &counts) == 0 ? counts.ps_drop : 0;
}

}  // namespace parlance::cli
