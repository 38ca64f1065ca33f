#include <dlfcn.h>

#include <optional>
#include <type_traits>

#include <cli/trace/pcap_library.hpp>

namespace parlance::cli {
namespace {

std::optional<pcap_library> open() {
  void* const library = ::dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
  if (!library) return {};
  bool has_all = true;
  const auto find = [&](auto& into, const char* name) {
    into = reinterpret_cast<std::remove_reference_t<decltype(into)>>(::dlsym(library, name));
    has_all = has_all && into;
  };
  pcap_library made{};
  find(made.create, "pcap_create");
  find(made.close, "pcap_close");
  find(made.set_snaplen, "pcap_set_snaplen");
  find(made.set_immediate_mode, "pcap_set_immediate_mode");
  find(made.set_buffer_size, "pcap_set_buffer_size");
  find(made.set_tstamp_precision, "pcap_set_tstamp_precision");
  find(made.activate, "pcap_activate");
  find(made.statustostr, "pcap_statustostr");
  find(made.datalink, "pcap_datalink");
  find(made.setnonblock, "pcap_setnonblock");
  find(made.compile, "pcap_compile");
  find(made.setfilter, "pcap_setfilter");
  find(made.freecode, "pcap_freecode");
  find(made.dispatch, "pcap_dispatch");
  find(made.get_selectable_fd, "pcap_get_selectable_fd");
  find(made.stats, "pcap_stats");
  return has_all ? std::optional(made) : std::nullopt;
}

}  // namespace

const pcap_library* pcap_library::load() {
  static const std::optional<pcap_library> loaded = open();
  return loaded ? &*loaded : nullptr;
}

}  // namespace parlance::cli
