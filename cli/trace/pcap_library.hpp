// libpcap, loaded when packets are to be captured, and not with the program: it brings six libraries along, which no
// other verb needs, and each start would pay for.
#pragma once

#include <pcap/pcap.h>

namespace parlance::cli {

/// Its functions, under their names without "pcap_" (pcap(3PCAP)).
struct pcap_library {
  decltype(&::pcap_create) create;
  decltype(&::pcap_close) close;
  decltype(&::pcap_set_snaplen) set_snaplen;
  decltype(&::pcap_set_immediate_mode) set_immediate_mode;
  decltype(&::pcap_set_buffer_size) set_buffer_size;
  decltype(&::pcap_set_tstamp_precision) set_tstamp_precision;
  decltype(&::pcap_activate) activate;
  decltype(&::pcap_statustostr) statustostr;
  decltype(&::pcap_datalink) datalink;
  decltype(&::pcap_setnonblock) setnonblock;
  decltype(&::pcap_compile) compile;
  decltype(&::pcap_setfilter) setfilter;
  decltype(&::pcap_freecode) freecode;
  decltype(&::pcap_dispatch) dispatch;
  decltype(&::pcap_get_selectable_fd) get_selectable_fd;
  decltype(&::pcap_stats) stats;

  /// Loads it, once, until the program ends. Null: it is not installed.
  static const pcap_library* load();
};

}  // namespace parlance::cli
