#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/plain/history.hpp>
#include <parlance/chat/store/snapshot.hpp>
#include <parlance/text/sanitizer.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/account_export.hpp>
#include <cli/serve/export_lines.hpp>
#include <cli/serve/kept_chat.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Prints what was said in a chat and is kept, one conversation after the other, each in its order.\n"
    "The server may run meanwhile; what it says after the beginning is not printed.\n";

constexpr const char* more =
    "jsonl: one JSON object a line, with\n"
    "  conversation  the room's name in small letters; of a private talk both who have it, each as\n"
    "                @ACCOUNT#NUMBER, or a number\n"
    "  msgid, time   as IRC clients know them\n"
    "  kind          message, notice, tags, join, part, quit, kick, nick, topic, mode, rename or redact\n"
    "  nick, source  who did it (NICK!USER@HOST as IRC clients see it; the server has no nick), and its\n"
    "                account\n"
    "  text          what was said, or why; lines are separated by a newline\n"
    "and where there are such: target, to whom it was said in private, or a room's name before a\n"
    "rename; object, whom or what it was done to; realname; tags; author, a number of somebody without\n"
    "an account. Bytes that are not UTF-8 become U+FFFD.\n"
    "\n"
    "text: the lines that /history shows, each with its local time; fit for a terminal.\n"
    "\n"
    "--account: before what was said come lines with a record each: the account, its certificates,\n"
    "devices, rooms and ranks, files, metadata, and what operators did to it (audit). No password, and\n"
    "nothing by which one could log in, is among it.\n"
    "\n"
    "TIME is a beginning of 2026-11-24T10:00:00.000Z, from the day on; it is UTC.\n"
    "\n"
    "Exit codes: 0 done, 1 failure, 2 usage.";

struct export_command {
  std::string folder;
  std::string backup;
  std::vector<std::string> rooms;
  bool all = false;
  bool private_talks = false;
  std::string account;
  std::string since;
  std::string format = "jsonl";
};

/// "2026-11-24" and whatever is longer, up to a time as IRC has it; in microseconds since 1970.
std::uint64_t parse_since(std::string_view text) {
  constexpr std::string_view first_moment = "0000-01-01T00:00:00.000Z";
  constexpr std::size_t day_size = 10;
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (text.size() >= day_size && text.size() < first_moment.size())
    if (const auto time = chat::parse_time(std::string(text) += first_moment.substr(text.size())))
      return *time * 1000;
  throw complaint(usage, fmt::format("\"{}\" is no time; write it as 2026-11-24 or 2026-11-24T10:00Z", text));
}

/// For a terminal, wherever the file has come from.
void append_text(std::string& out, const chat::stored_entry& entry, const std::string& conversation) {
  std::string lines;
  chat::append_plain_history(lines, entry, conversation, 0);  // nothing is of today: each line has its day
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(lines, out);
  clean.finish(out);
}

bool is_room(std::string_view conversation) { return conversation.starts_with('#'); }

std::vector<std::string> wanted(const export_command& by, chat::store_snapshot& from) {
  std::vector<std::string> all = from.conversations();
  if (by.rooms.empty()) {
    std::erase_if(all, [&](const std::string& name) { return !is_room(name) && !by.private_talks; });
    return all;
  }
  std::vector<std::string> rooms;
  for (const std::string& said : by.rooms) {
    const std::string room = chat::folded(is_room(said) ? said : "#" + said);
    const std::size_t before = rooms.size();
    // In a folder of a former format names that are one now may be several.
    std::ranges::copy_if(all, std::back_inserter(rooms),
                         [&](const std::string& name) { return chat::folded(name) == room; });
    if (rooms.size() == before)
      throw complaint(failure,
                      fmt::format("nothing is kept of {}; without --room, all rooms are printed", room));
  }
  return rooms;
}

void print(std::string& out) {
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size())
    throw complaint(failure, "cannot write to stdout");
  out.clear();
}

std::unique_ptr<chat::store_snapshot> open_snapshot(const export_command& by) {
  if (!by.backup.empty()) return std::make_unique<chat::store_snapshot>(std::filesystem::path(by.backup));
  expect_folder(by.folder);
  return std::make_unique<chat::store_snapshot>(chat::store_options{.folder = by.folder});
}

void run_export(const export_command& by) {
  const std::uint64_t since = by.since.empty() ? 0 : parse_since(by.since);
  const auto append = by.format == "text" ? append_text : append_export_line;
  const std::unique_ptr<chat::store_snapshot> now = open_snapshot(by);
  const chat::entry_id from = now->times().place_of(since);
  std::string out;
  if (!by.account.empty()) {
    const bool is_known = export_account(*now, by.account, [&](std::string_view line) {
      out += line;
      print(out);
    });
    if (!is_known) throw complaint(failure, fmt::format("there is no account {}", by.account));
  }
  for (const std::string& name : by.account.empty() ? wanted(by, *now) : std::vector<std::string>())
    now->each(name, from, [&](const chat::stored_entry& e) {
      append(out, e, name);
      print(out);
    });
  if (std::fflush(stdout) != 0) throw complaint(failure, "cannot write to stdout");
}

}  // namespace

void add_export(CLI::App& program, int& result) {
  const auto command = std::make_shared<export_command>();
  CLI::App* verb = program.add_subcommand("export", about);
  verb->footer(more);
  CLI::Option* data = add_data_option(*verb, command->folder);
  verb->add_option("--backup", command->backup, "Of what parlance backup has written, instead of a folder")
      ->type_name("FILE")
      ->excludes(data);
  CLI::Option* rooms = verb->add_option("--room", command->rooms, "Only this room; may be repeated")
                           ->type_name("ROOM")
                           ->expected(1);
  rooms->take_all();
  verb->add_flag("--all", command->all, "All rooms, as without --room")->excludes(rooms);
  verb->add_flag("--private", command->private_talks, "Private talks, too")->excludes(rooms);
  verb->add_option(
          "--account", command->account,
          "All that is kept of this account instead, what it has said wherever, and its private talks")
      ->type_name("NAME")
      ->excludes(rooms);
  verb->add_option("--since", command->since, "Nothing that is older")->type_name("TIME");
  verb->add_option("--format", command->format, "How to print it")
      ->check(CLI::IsMember({"jsonl", "text"}))
      ->capture_default_str();
  verb->callback([command, &result] {
    try {
      run_export(*command);
    } catch (...) {
      result = report_failure("export");
    }
  });
}

}  // namespace parlance::cli
