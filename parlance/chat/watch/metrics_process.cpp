// The process_* metrics, from /proc/self (proc(5)).
#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>

#include <parlance/chat/watch/metrics.hpp>

namespace parlance::chat {
namespace {

void put(std::string& out, std::string_view name, std::string_view type, std::string_view help, auto value) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type,
                 value);
}

std::string read(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The number behind `label` at the start of a line.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view label) {
  const auto at = text.find(label);
  if (at == text.npos) return {};
  text.remove_prefix(at + label.size());
  if (const auto digit = text.find_first_not_of(" \t"); digit != text.npos) text.remove_prefix(digit);
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return {};
  return number;
}

/// Seconds since 1970: when the machine booted, and how many ticks after that the process started, which is
/// the 22nd field of its stat; the second, its name, may hold spaces and parentheses.
std::optional<double> start_time() {
  const auto booted = number_after(read("/proc/stat"), "\nbtime ");
  const std::string stat = read("/proc/self/stat");
  const auto name_ends = stat.rfind(')');
  if (!booted || name_ends == stat.npos) return {};
  std::istringstream rest(stat.substr(name_ends + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i)
    if (!(rest >> field)) return {};
  const auto ticks = number_after(field, "");
  if (!ticks) return {};
  return static_cast<double>(*booted) +
         static_cast<double>(*ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Without "." and "..", and the descriptor that looks.
std::optional<std::size_t> open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  if (!folder) return {};
  std::size_t count = 0;
  while (::readdir(folder.get()) != nullptr) ++count;
  return count < 3 ? 0 : count - 3;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void render_process(std::string& out) {
  if (rusage used{}; ::getrusage(RUSAGE_SELF, &used) == 0)
    put(out, "process_cpu_seconds_total", "counter", "CPU time used, in user and kernel mode.",
        seconds(used.ru_utime) + seconds(used.ru_stime));
  if (const auto kilobytes = number_after(read("/proc/self/status"), "\nVmRSS:"))
    put(out, "process_resident_memory_bytes", "gauge", "Memory in use.", *kilobytes * 1024);
  if (const auto open = open_descriptors())
    put(out, "process_open_fds", "gauge", "Open file descriptors.", *open);
  if (rlimit most{}; ::getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur != RLIM_INFINITY)
    put(out, "process_max_fds", "gauge", "How many file descriptors may be open.", most.rlim_cur);
  if (const auto start = start_time())
    put(out, "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.",
        *start);
}

}  // namespace parlance::chat
