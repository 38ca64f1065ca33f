#include <fmt/core.h>

#include <chrono>
#include <iterator>
#include <vector>

#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/verb.hpp>

namespace parlance::cli {
namespace {

using options = std::vector<CLI::Option_p>;

/// CLI11 keeps them for those who derive from it.
struct opened : CLI::App {
  static options& options_of(CLI::App& verb) { return verb.*(&opened::options_); }
};

/// While it lives, a verb has none of the options that it had.
class set_aside {
 public:
  explicit set_aside(CLI::App& verb) : all_(opened::options_of(verb)) { before_.swap(all_); }
  ~set_aside() {
    before_.swap(all_);
    all_.insert(all_.end(), std::make_move_iterator(before_.begin()), std::make_move_iterator(before_.end()));
  }
  set_aside(const set_aside&) = delete;
  set_aside& operator=(const set_aside&) = delete;

 private:
  options& all_;
  options before_;
};

}  // namespace

void add_apart(CLI::App& verb, const std::function<void()>& add) {
  const set_aside before(verb);
  add();
}

void parse_seconds(const std::string& name, double seconds, io::duration& into) {
  constexpr double longest = 1e9;
  if (!(seconds > 0)) throw CLI::ValidationError(name, "wants seconds, more than 0");
  into = seconds < longest ? std::chrono::round<io::duration>(std::chrono::duration<double>(seconds))
                           : io::unlimited;
}

CLI::Option* add_seconds(CLI::App& verb, const std::string& name, io::duration& into,
                         const std::string& help) {
  const auto set = [&into, name](double seconds) { parse_seconds(name, seconds, into); };
  return verb.add_option_function<double>(name, set, help)->type_name("SECONDS");
}

std::shared_ptr<net::tls_context> make_context(
    const std::function<std::shared_ptr<net::tls_context>()>& make) {
  try {
    return make();
  } catch (const io::error& e) {
    throw complaint(usage, fmt::format("{}; check the file and its format", e.what()));
  }
}

}  // namespace parlance::cli
