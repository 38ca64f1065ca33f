#include <algorithm>

#include <CLI/CLI.hpp>
#include <cli/trace/option.hpp>

namespace parlance::cli {

CLI::Option* add_trace(CLI::App& verb, std::string& into) {
  return verb
      .add_flag(
          "--trace", into,
          "Draw the sequence diagram of the conversation on stderr, while it happens: names, SYN, ACK, FIN\n"
          "and RST with both ends' states, TLS, messages; from the packets where those may be captured\n"
          "(root or CAP_NET_RAW). --trace FILE.svg makes a picture of it")
      ->transform([](const std::string& value) { return value == "true" ? std::string("-") : value; });
}

void join_trace_files(std::vector<std::string>& words) {
  for (std::size_t i = words.size(); i-- > 1;) {
    if (words[i] == "--") return;
    if (words[i] != "--trace" || !words[i - 1].ends_with(".svg") || words[i - 1].contains("://")) continue;
    words[i] += "=" + words[i - 1];
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    --i;
    if (i == 0) return;
  }
}

}  // namespace parlance::cli
