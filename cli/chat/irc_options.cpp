#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/process.hpp>
#include <parlance/io/wait.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/read_file.hpp>
#include <cli/base/user_folder.hpp>
#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>
#include <cli/chat/irc_options.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t longest_password = 1024;

std::string first_line(std::string text) {
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

/// What a password manager says: the first line.
std::string said_by(const std::string& command) {
  const io::run_result run = io::wait(
      io::run({"/bin/sh", "-c", command},
              {.input = {}, .limit = 64 * 1024, .environment = {}, .directory = {}, .own_group = false}));
  if (!run.status.success())
    throw complaint(failure, fmt::format("'{}' {}", command, run.status.to_string()));
  return first_line(run.out);
}

/// From a file that nobody else can read.
std::string kept_in(const std::string& path) {
  struct stat of{};
  if (::stat(path.c_str(), &of) != 0)
    throw complaint(usage, fmt::format("{}: {}", path, std::strerror(errno)));
  if (S_ISREG(of.st_mode) && (of.st_mode & 077) != 0)
    throw complaint(usage, fmt::format("{} can be read by others: chmod 600 {}", path, path));
  return first_line(read_file(path));
}

std::string password_from(const std::string& command, const std::string& file) {
  std::string password = !command.empty() ? said_by(command) : !file.empty() ? kept_in(file) : std::string();
  if (password.size() > longest_password) throw complaint(usage, "a password may have 1024 bytes");
  return password;
}

/// What one is called on this machine, as far as it is a nickname.
std::string name_here() {
  const char* const user = std::getenv("USER");
  std::string name;
  for (const char* c = user ? user : ""; *c != '\0'; ++c)
    if (std::isalnum(static_cast<unsigned char>(*c)) || std::strchr("-_[]{}|^`\\", *c)) name += *c;
  while (!name.empty() && (std::isdigit(static_cast<unsigned char>(name.front())) || name.front() == '-'))
    name.erase(0, 1);
  return name.empty() || name == "root" ? "guest" : name.substr(0, 20);
}

}  // namespace

void irc_options::add_to(CLI::App& verb) {
  const auto option = [&](CLI::Option* one) { return options.emplace_back(one); };
  option(verb.add_option("-j,--join,--room", rooms,
                         "Come into these rooms (default: #lobby, where the server is one of ours)")
             ->type_name("#ROOM,...")
             ->delimiter(',')
             ->allow_extra_args(false));
  option(verb.add_option("--real-name", real_name, "What others see of you besides the name")
             ->type_name("TEXT"));
  option(
      verb.add_option("--account", account, "Log in to this account (SASL: SCRAM-SHA-256, PLAIN, EXTERNAL)")
          ->type_name("NAME"));
  CLI::Option* const command =
      option(verb.add_option("--password-command", password_command,
                             "Prints the account's password: 'pass show chat'; without one, it is asked for")
                 ->type_name("COMMAND"));
  option(verb.add_option("--password-file", password_file, "Has it, and can be read by nobody else")
             ->type_name("FILE")
             ->excludes(command));
  CLI::Option* const server_command = option(
      verb.add_option("--server-password-command", server_password_command,
                      "Prints the password that the server wants of everybody; without one, it is asked\n"
                      "for when the server wants it")
          ->type_name("COMMAND"));
  option(verb.add_option("--server-password-file", server_password_file,
                         "Has it, and can be read by nobody else")
             ->type_name("FILE")
             ->excludes(server_command));
  CLI::Option* const by_tls = option(verb.add_flag_function(
      "--tls", [this](std::int64_t) { speaks_tls = true; },
      "Speak TLS; without it, it is spoken with whoever is neither this machine nor in a private network"));
  option(
      verb.add_flag_function(
              "--no-tls", [this](std::int64_t) { speaks_tls = false; }, "Speak no TLS: others may read along")
          ->excludes(by_tls));
  CLI::Option* const ca =
      option(verb.add_option("--ca", tls.ca_file, "Authorities to trust instead of the system's (PEM)")
                 ->type_name("FILE"));
  CLI::Option* const cert = option(
      verb.add_option("--cert", tls.certificate.cert_file, "A certificate to show, and its chain (PEM)")
          ->type_name("FILE"));
  option(verb.add_option("--key", tls.certificate.key_file, "Its key (PEM; default: in the same file)")
             ->type_name("FILE")
             ->needs(cert));
  CLI::Option* const insecure =
      option(verb.add_flag("--insecure", tls.insecure_accept_any_certificate,
                           "Take any certificate: anybody in between can read and change everything")
                 ->excludes(ca));
  option(verb.add_option("--fingerprint", tls.pins,
                         "Take the certificate with this SHA-256 fingerprint and no other, whatever its\n"
                         "name and whoever signed it (parlance serve tells its own)")
             ->type_name("SHA256")
             ->allow_extra_args(false)
             ->excludes(ca)
             ->excludes(insecure));
  option(
      verb.add_flag("--no-config", no_config,
                    "Neither read nor write ~/.config/parlance/chat.toml, where rooms and names are kept"));
  option(verb.add_option("-x,--proxy", proxy, "By this proxy: socks5://HOST:PORT, http://HOST:PORT")
             ->type_name("URL"));
}

std::string irc_options::memory_file() const {
  const std::string folder = no_config ? std::string() : configuration_folder();
  return folder.empty() ? folder : folder + "/chat.toml";
}

std::vector<std::string> irc_options::room_names(std::vector<std::string> typed) {
  for (std::string& room : typed)
    if (!room.starts_with('#') && !room.starts_with('&')) room.insert(0, "#");
  return typed;
}

std::string irc_options::log_folder() {
  const std::string folder = data_folder();
  return folder.empty() ? folder : folder + "/logs";
}

std::vector<network_options> irc_options::networks(const std::vector<std::string>& addresses,
                                                   const std::string& name, const chat_memory& memory) const {
  net::tls_client_options checked = tls;
  if (!checked.pins.empty()) checked.insecure_accept_any_certificate = true;
  // What is wrong with the files is said before the screen is taken.
  if (!net::is_default(checked)) make_context([&] { return net::tls_context::client(checked); });
  std::vector<network_options> all;
  for (const std::string& address : addresses) {
    // What the command line says is meant for the first, and is nobody else's.
    const bool is_first = all.empty();
    const auto known = [&](const std::string& said, const char* key) {
      return is_first && !said.empty() ? said : memory.text(address, key);
    };
    network_options one{
        .address = address,
        .connection = {.to = server_address::parse(address, speaks_tls), .tls = checked, .proxy = proxy},
        .who = {.nick = name.empty() ? memory.nick(address) : name},
        .rooms = {}};
    if (const auto port = memory.tls_port(address, now_on_the_wall()); port && !one.connection.to.tls) {
      one.connection.to.tls = true;
      one.connection.to.at.port = *port;
    }
    irc_identity& who = one.who;
    if (who.nick.empty()) who.nick = name_here();
    who.real_name = known(real_name, "real-name");
    who.account = known(account, "account");
    who.has_certificate = is_first && !tls.certificate.empty();
    const bool has_file = is_first && !password_file.empty();
    who.password = password_from(has_file ? "" : known(password_command, "password-command"),
                                 has_file ? password_file : "");
    if (is_first) who.server_password = password_from(server_password_command, server_password_file);
    if (!who.account.empty() && who.password.empty() && !who.has_certificate)
      who.password = ask_password(fmt::format("Password of {}", who.account), "give --password-command");
    if (is_first) one.rooms = room_names(rooms);
    for (const std::string& room : memory.rooms(address))
      if (std::ranges::find(one.rooms, room) == one.rooms.end()) one.rooms.push_back(room);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace parlance::cli
