// What each verb of the program gives to main, and the exit codes they share.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <parlance/io/time.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

/// Exit codes of every verb; `parlance --help` documents them.
enum exit_code : int {
  success = 0,
  failure = 1,        ///< anything that has no code of its own
  usage = 2,          ///< the command line makes no sense
  not_found = 3,      ///< the host has no address
  no_connection = 4,  ///< nobody could be reached, or the address cannot be listened on
  timed_out = 5,      ///< a limit passed
  not_trusted = 6,    ///< TLS failed: the certificate, the handshake or a record
  broken_off =
      7,  ///< the conversation ended before it was whole: a reset, a truncation, a body that is too short
  http_status = 8,   ///< `get --fail`: the server answered 400 or above
  interrupted = 130  ///< a second SIGINT or SIGTERM
};

/// Whoever started us had closed stdout: what is written there is for nobody. Set by main.
inline bool stdout_was_closed = false;

// Each adds its subcommand with all its options and sets what it runs.
void add_listen(CLI::App& program, int& result);
void add_connect(CLI::App& program, int& result);
void add_serve(CLI::App& program, int& result);
void add_admin(CLI::App& program, int& result);
void add_chat(CLI::App& program, int& result);
void add_get(CLI::App& program, int& result);
void add_backup(CLI::App& program, int& result);
void add_restore(CLI::App& program, int& result);
void add_export(CLI::App& program, int& result);

/// What went wrong, with what to do next and the exit code, where those for its kind do not fit.
class complaint : public std::runtime_error {
 public:
  complaint(exit_code code, const std::string& text) : std::runtime_error(text), code_(code) {}
  exit_code code() const noexcept { return code_; }

 private:
  exit_code code_;
};

/// How long to try again where somebody else listens: whoever starts us anew may have killed the one before
/// us only now. A Unix socket that is alive is seldom about to die, so it is believed sooner.
io::duration patience_at(std::string_view address);

/// Prints a line on stderr. Whoever does not read it holds up nobody: after `patience` the line is cut, and
/// the next ones are at once until it is read again.
void tell(std::string_view line, std::chrono::milliseconds patience);
/// The same for text that is no line.
void write_to_stderr(std::string_view text, std::chrono::milliseconds patience);
/// Called before each line that is told: who draws on the terminal makes room.
inline std::function<void()> before_telling;

/// What an exception says, and what to do next, in one plain line, and the exit code for it. Call it from a
/// catch block.
struct report {
  int code;
  std::string line;
};
report describe_failure(const std::string& verb);

/// Prints that on stderr; gives the exit code.
int report_failure(const std::string& verb);

}  // namespace parlance::cli
