// What /proc says about another process: the server under load. Reading it needs no rights if the process is
// ours.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

namespace bench {

/// The text of /proc/PID/`name`; ends the program when there is none.
inline std::string proc_file(int pid, const char* name) {
  const std::string path = fmt::format("/proc/{}/{}", pid, name);
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!text.empty()) return text;
  fmt::print(stderr, "cannot read {}\n", path);
  std::exit(1);
}

/// CPU time that all threads of a process have used, in microseconds; the kernel counts in ticks of 10,000.
struct cpu_time {
  double user = 0;
  double system = 0;
};

inline cpu_time cpu_time_of(int pid) {
  const std::string text = proc_file(pid, "stat");
  // The second field is the program's name in brackets, which may hold spaces and brackets.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  cpu_time ticks;
  fields >> ticks.user >> ticks.system;
  const double tick = 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {ticks.user * tick, ticks.system * tick};
}

/// Memory of a process that is its own, in KiB: heap and stacks, not its code and not the kernel's socket
/// buffers.
inline long anonymous_memory_of(int pid) {
  const std::string text = proc_file(pid, "status");
  constexpr std::string_view key = "RssAnon:";
  const std::size_t at = text.find(key);
  long kib = 0;
  if (at != text.npos) std::istringstream(text.substr(at + key.size())) >> kib;
  return kib;
}

inline std::size_t open_files_of(int pid) {
  const std::filesystem::directory_iterator files(fmt::format("/proc/{}/fd", pid));
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace bench
