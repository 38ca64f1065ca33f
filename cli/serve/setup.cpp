#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/http/base/kept_file.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/shell_words.hpp>
#include <cli/base/typed_line.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/configuration.hpp>
#include <cli/serve/configuration_checks.hpp>
#include <cli/serve/configuration_values.hpp>
#include <cli/serve/named_things.hpp>
#include <cli/serve/serve_config.hpp>
#include <cli/serve/setup.hpp>

namespace parlance::cli {
namespace {

constexpr const char* usual_file = "parlance.toml";
/// Where parlance.service has it from, whose port is that of parlance.socket.
constexpr const char* file_of_service = "/etc/parlance/parlance.toml";

void say(std::string_view text) {
  fmt::print("{}", text);
  if (std::fflush(stdout) != 0) throw complaint(failure, "cannot write to stdout");
}

std::string answer_or_end(std::optional<std::string> typed) {
  if (typed) return *std::move(typed);
  say("\n");
  throw complaint(usage, "the answers ended before the questions did, so nothing was written");
}

/// Asks until `why_not` has nothing against the answer. `usual`: what an empty line means.
std::string ask(std::string_view question, std::string_view usual,
                const std::function<std::string(const std::string&)>& why_not) {
  for (;;) {
    say(usual.empty() ? fmt::format("{} ", question) : fmt::format("{} [{}] ", question, usual));
    std::string answer = answer_or_end(read_typed_line());
    answer.erase(0, answer.find_first_not_of(" \t"));
    answer.erase(answer.find_last_not_of(" \t") + 1);
    if (answer.empty()) answer = usual;
    const std::string why = why_not(answer);
    if (why.empty()) return answer;
    say(fmt::format("   {}\n", text::sanitize(why)));
  }
}

struct choice {
  std::string_view word;
  std::string_view text;
};

/// The first is the usual one.
std::string_view choose(std::string_view question, std::initializer_list<choice> choices) {
  say(fmt::format("{}\n", question));
  std::vector<std::string_view> words;
  for (const choice& one : choices) {
    say(fmt::format("     {:<9} {}\n", one.word, one.text));
    words.push_back(one.word);
  }
  const std::string word = ask("  ", words.front(), [&](const std::string& answer) {
    return std::ranges::find(words, answer) != words.end()
               ? std::string()
               : fmt::format("please answer one of: {}", fmt::join(words, ", "));
  });
  return *std::ranges::find(words, word);
}

bool agrees(std::string_view question) {
  return ask(question, "no", [](const std::string& answer) {
           return answer == "yes" || answer == "no" ? "" : "please answer yes or no";
         }) == "yes";
}

std::string ask_password_hash(const std::string& question) {
  for (;;) {
    // What is typed at a terminal is asked for by read_hidden_line, where it is not shown.
    if (::isatty(STDIN_FILENO) == 0) say(question);
    std::string password = answer_or_end(read_hidden_line(question));
    try {
      if (password.empty()) throw complaint(usage, "a password has at least one character");
      return hash_given_password(std::move(password));
    } catch (const complaint& why) {
      if (why.code() != usage) throw;
      say(fmt::format("   {}\n", why.what()));
    }
  }
}

void ask_name(chat::settings& into) {
  into.server.network =
      ask("1. What shall the chat be called, in one word?", into.server.network, [](const std::string& name) {
        return is_network_name.test(name) ? "" : fmt::format("it must be {}", is_network_name.must);
      });
}

/// Empty: one can listen there.
std::string why_not_heard_at(const std::string& address) {
  try {
    io::wait(net::listen(address));
    return {};
  } catch (const io::error& e) {
    return e.what();
  }
}

void ask_port(chat::settings& into) {
  for (;;) {
    const std::string port =
        ask("2. On which port? Browsers, IRC clients and nc all come to the same.", "8000",
            [](const std::string& answer) {
              const auto number = parse_number(answer);
              return number && *number >= 1 && *number <= 65535 ? "" : "a port is a number from 1 to 65535";
            });
    into.server.listen = {":" + port};
    const std::string why = why_not_heard_at(into.server.listen.front());
    if (why.empty()) return;
    say(fmt::format("   now {}\n", why));
    if (agrees("   Take it all the same?")) return;
  }
}

void ask_certificate_files(chat::settings& into) {
  const auto is_file = [](const std::string& path) {
    if (path.empty() || !is_path.test(path)) return fmt::format("it must be {}", is_path.must);
    return ::access(path.c_str(), R_OK) == 0
               ? std::string()
               : fmt::format("cannot read {}: {}", path, std::system_category().message(errno));
  };
  for (;;) {
    // By their whole names: the server may be started elsewhere.
    into.tls.certificate = std::filesystem::absolute(
        ask("   The certificate and its chain, as /etc/letsencrypt/live/HOST/fullchain.pem:", "", is_file));
    into.tls.key = std::filesystem::absolute(ask("   Its key, as privkey.pem beside it:", "", is_file));
    chat::settings only_tls;
    only_tls.store.folder.clear();
    only_tls.tls = into.tls;
    const std::vector<std::string> wrong = unusable_things(only_tls);
    if (wrong.empty()) return;
    say(fmt::format("   {}\n", text::sanitize(fmt::format("{}", fmt::join(wrong, "; ")))));
  }
}

void ask_tls(chat::settings& into) {
  const std::string_view how =
      choose("3. Shall the port speak TLS, so that nobody on the way can read along?",
             {{"self", "yes, by a certificate that the server makes; browsers will warn of it"},
              {"files", "yes, by one from an authority, as certbot keeps it in files"},
              {"none", "no"}});
  into.tls.enabled = how != "none";
  if (how == "files") ask_certificate_files(into);
}

void ask_who(chat::settings& into) {
  const std::string_view who =
      choose("4. Who may come in?", {{"anybody", "whoever reaches the port"},
                                     {"accounts", "only who has an account, which you make for them"},
                                     {"password", "only who knows a password, the same for all"}});
  if (who == "password") into.server.password = ask_password_hash("   Which? ");
  into.accounts.require_sasl = who == "accounts";
  if (into.accounts.require_sasl) into.accounts.registration = false;
}

void ask_operator(chat::settings& into) {
  const std::string name =
      ask("5. Who is the operator, who may do everything? Empty: nobody but you at the server's console.", "",
          [](const std::string& answer) {
            if (answer.empty() || (chat::is_name(answer, longest_entry_name) && !chat::is_reserved(answer)))
              return std::string();
            return fmt::format("a name has letters, digits and -, at most {}, and no digit first",
                               longest_entry_name);
          });
  if (!name.empty()) into.operators[name].password = ask_password_hash("   Their password? ");
}

void tell_what_is_next(const std::string& file, const chat::settings& made) {
  std::string text = fmt::format("\nWritten to {}. The server starts with\n\n", text::sanitize(file));
  if (file == file_of_service) {
    text += "  systemctl enable --now parlance.socket parlance.service\n";
    if (made.server.listen.front() != ":8000")
      text += "\nwhose port is in parlance.socket: change it with\n\n  systemctl edit parlance.socket\n";
  } else {
    text += fmt::format("  parlance serve --config {}\n", shell_quoted(file));
  }
  if (made.accounts.require_sasl) text += "\nOn its console an account is made with  /account NAME create\n";
  for (const auto& [name, entry] : made.operators)
    text += fmt::format("\n{} becomes operator in an IRC client with  /oper {} PASSWORD\n", name, name);
  say(text);
}

/// Throws `complaint` where it could not be written in the end.
void expect_place_for(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  if (std::filesystem::is_directory(file)) throw complaint(usage, fmt::format("{} is a folder", file));
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw complaint(failure, fmt::format("cannot write to {}: {}; name another file with --config",
                                         folder.string(), std::system_category().message(errno)));
}

}  // namespace

void set_up(std::string file, const std::vector<std::string>& changes) {
  if (file.empty()) file = usual_file;
  serve_config given;
  given.changes = changes;
  chat::settings made = given.settings();
  expect_place_for(file);
  say("Five questions. Enter takes what stands in brackets; nothing is written before the last is "
      "answered.\n\n");
  if (::access(file.c_str(), F_OK) == 0 &&
      !agrees(fmt::format("{} is there already. Write over it?", text::sanitize(file))))
    throw complaint(failure, fmt::format("{} stays as it was; name another file with --config", file));
  ask_name(made);
  ask_port(made);
  ask_tls(made);
  ask_who(made);
  ask_operator(made);
  constexpr std::array<std::string_view, 4> asked = {"server.network", "server.listen", "tls.enabled",
                                                     "accounts.require_sasl"};
  http::replace_kept_file(file, print_changed_settings(made, asked));
  tell_what_is_next(file, made);
}

}  // namespace parlance::cli
